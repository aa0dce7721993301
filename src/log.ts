import { DefaultLogger, Runtime } from '@temporalio/worker';
import { pino, type Logger } from 'pino';

/** Logs carry run numbers and counts, never a customer or a secret. One JSON object a line, on stderr. */
export function createLog(level = 'info'): Logger {
  return pino({ level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
}

/**
 * Routes the Temporal SDK's own lines to this log. Call it once per process, before anything else uses the SDK.
 *
 * @param nativeToo also the lines of its native part, which otherwise writes to the terminal directly
 */
export function installRuntime(log: Logger, nativeToo = false): void {
  Runtime.install({
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
      // Only the fields that say where: details and errors of the SDK may quote payloads.
      const { workflowId, activityType, attempt } = (meta ?? {}) as Record<string, unknown>;
      log[level === 'ERROR' ? 'error' : 'warn']({ workflowId, activityType, attempt }, message);
    }),
    ...(nativeToo && { telemetryOptions: { logging: { forward: {} } } }),
    shutdownSignals: [],
  });
}

/**
 * A log file that includes the Temporal SDK's own lines, so that the terminal shows only what a person waits for. Call it once
 * per process.
 */
export function logToFile(file: string): Logger {
  const log = pino(
    { base: undefined, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: file, mkdir: true, sync: true }),
  );
  installRuntime(log, true);
  return log;
}

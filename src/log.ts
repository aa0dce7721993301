import { DefaultLogger, Runtime } from '@temporalio/worker';
import { pino, type Logger } from 'pino';

/** Logs carry run numbers and counts, never a customer or a secret. One JSON object a line, on stderr. */
export function createLog(level = 'info'): Logger {
  return pino({ level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
}

/**
 * Sends the Temporal SDK's own lines the same way. Once in a process, before anything else touches the SDK.
 *
 * @param nativeToo also the lines of its native part, which else writes to the screen by itself
 */
export function installRuntime(log: Logger, nativeToo = false): void {
  Runtime.install({
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
      // Only what names the place: details and errors of the SDK may quote payloads.
      const { workflowId, activityType, attempt } = (meta ?? {}) as Record<string, unknown>;
      log[level === 'ERROR' ? 'error' : 'warn']({ workflowId, activityType, attempt }, message);
    }),
    ...(nativeToo && { telemetryOptions: { logging: { forward: {} } } }),
    shutdownSignals: [],
  });
}

/** A log in a file, the Temporal SDK's own lines included: a screen shows what a person waits for. Once in a process. */
export function logToFile(file: string): Logger {
  const log = pino(
    { base: undefined, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: file, mkdir: true, sync: true }),
  );
  installRuntime(log, true);
  return log;
}

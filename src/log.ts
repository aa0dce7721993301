import { DefaultLogger, Runtime } from '@temporalio/worker';
import { pino, type Logger } from 'pino';

/** Logs carry run numbers and counts, never a customer or a secret. One JSON object a line, on stderr. */
export function createLog(level = 'info'): Logger {
  return pino({ level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
}

/** Sends the Temporal SDK's own lines the same way. Once in a process, before anything else touches the SDK. */
export function installRuntime(log: Logger): void {
  Runtime.install({
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
      const method = level === 'ERROR' ? 'error' : level === 'WARN' ? 'warn' : 'info';
      // Only what names the place: details and errors of the SDK may quote payloads.
      const { workflowId, activityType, attempt } = (meta ?? {}) as Record<string, unknown>;
      log[method]({ workflowId, activityType, attempt }, message);
    }),
    shutdownSignals: [],
  });
}

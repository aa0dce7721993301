import { DefaultLogger, Runtime } from '@temporalio/worker';
import { pino, type Logger } from 'pino';

/** A log in a file, the Temporal SDK's own lines included: a screen shows what a person waits for. Once in a process. */
export function logToFile(file: string): Logger {
  const log = pino(
    { base: undefined, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: file, mkdir: true, sync: true }),
  );
  Runtime.install({
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
      // Only what names the place: details and errors of the SDK may quote payloads.
      const { workflowId, activityType, attempt } = (meta ?? {}) as Record<string, unknown>;
      log[level === 'ERROR' ? 'error' : 'warn']({ workflowId, activityType, attempt }, message);
    }),
    // Else the native part of the SDK writes to the screen by itself.
    telemetryOptions: { logging: { forward: {} } },
    shutdownSignals: [],
  });
  return log;
}

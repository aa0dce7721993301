import { setTimeout as sleep } from 'node:timers/promises';
import { CliProblem, EXIT } from '../cli/shared/problem';
import { note } from '../cli/shared/screen';
import { endHelperProcesses } from './helperProcesses';

/** What runs until the end of a command and is stopped then, the newest first. */
export interface Session {
  /**
   * Starts something that can be stopped. What is still starting when the command ends is stopped as soon as it is there.
   * A failed start comes out as a {@link CliProblem}: the messages of src/local are whole sentences for a person.
   */
  start<Started extends { stop(): Promise<unknown> }>(start: () => Promise<Started>): Promise<Started>;
  onStop(stop: () => Promise<unknown>): void;
  /** Never resolves; Ctrl-C ends it, and with it the command. */
  stay(): Promise<never>;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** npm hands on the Ctrl-C that the terminal has sent us already: that is not a second one. */
const SAME_KEYSTROKE_MS = 1_000;
/** What was just starting is waited for this long; then the server's own guard sees to its end. */
const STARTING_MS = 5_000;

class Interrupted extends Error {}

/**
 * Runs a command that starts servers. However it ends (done, failed, Ctrl-C), everything it started is stopped. After
 * Ctrl-C the process ends with the exit code set so far, else 1. A second Ctrl-C ends it at once; the guards of the
 * servers then stop them.
 */
export async function untilInterrupted(work: (session: Session) => Promise<void>): Promise<void> {
  const stops: (() => Promise<unknown>)[] = [];
  const starting = new Set<Promise<unknown>>();
  let ending = false;
  let interrupt: (interrupted: Interrupted) => void = () => undefined;
  const interrupted = new Promise<never>((_resolve, reject) => (interrupt = reject));
  // It may come after the work has ended, when nobody listens.
  interrupted.catch(() => undefined);

  const session: Session = {
    async start(start) {
      if (ending) throw new Interrupted();
      const started = start();
      const settled = started.then(
        (running) => void stops.push(() => running.stop()),
        () => undefined,
      );
      starting.add(settled);
      try {
        return await started;
      } catch (error) {
        throw error instanceof CliProblem ? error : new CliProblem((error as Error).message, EXIT.failed);
      } finally {
        starting.delete(settled);
      }
    },
    onStop(stop) {
      if (ending) void stop().catch(() => undefined);
      else stops.push(stop);
    },
    stay: () => interrupted,
  };

  let firstSignalAtMs: number | null = null;
  const onSignal = () => {
    if (firstSignalAtMs === null) {
      firstSignalAtMs = Date.now();
      note('Stopping…');
      interrupt(new Interrupted());
    } else if (Date.now() - firstSignalAtMs > SAME_KEYSTROKE_MS) process.exit(EXIT.failed);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  // Neither our servers nor signal handlers keep the process running.
  const alive = setInterval(() => undefined, 60_000);
  try {
    await Promise.race([work(session), interrupted]);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
  } finally {
    ending = true;
    if (starting.size > 0) {
      await endHelperProcesses();
      await Promise.race([Promise.all(starting), sleep(STARTING_MS, undefined, { ref: false })]);
    }
    for (let stop = stops.pop(); stop !== undefined; stop = stops.pop()) await stop().catch(() => undefined);
    clearInterval(alive);
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
  // The work was left where it stood and may hold on to timers and connections.
  if (firstSignalAtMs !== null) process.exit(process.exitCode ?? EXIT.failed);
}

import { setTimeout as sleep } from 'node:timers/promises';
import { CliProblem, EXIT } from '../cli/shared/problem';
import { note } from '../cli/shared/screen';
import { endHelperProcesses } from './helperProcesses';

/** Servers that run until the command ends and are stopped then, the newest first. */
export interface Session {
  /**
   * Starts a server. One that is still starting when the command ends is stopped as soon as it is ready. A failed start is
   * thrown as a {@link CliProblem}: the messages of src/local are whole sentences for a person.
   */
  start<Started extends { stop(): Promise<unknown> }>(start: () => Promise<Started>): Promise<Started>;
  onStop(stop: () => Promise<unknown>): void;
  /** Never resolves; rejects on Ctrl-C, which ends the command. */
  stay(): Promise<never>;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** npm forwards the Ctrl-C that the terminal has already sent to this process: that is not a second one. */
const SAME_KEYSTROKE_MS = 1_000;
/** How long a starting server is awaited; after that, the server's own guard ends it. */
const STARTING_MS = 5_000;

class Interrupted extends Error {}

/**
 * Runs a command that starts servers. However the command ends (done, failed, Ctrl-C), its servers are stopped. After
 * Ctrl-C the process ends with the exit code set so far, else 1. A second Ctrl-C ends it at once; the guards of the
 * servers then stop them.
 *
 * @throws the error of the work, after the servers have stopped
 */
export async function untilInterrupted(work: (session: Session) => Promise<void>): Promise<void> {
  const session = new CommandSession();
  await session.run(work);
  // The interrupted work may still hold timers and connections.
  if (session.wasInterrupted) process.exit(process.exitCode ?? EXIT.failed);
}

/**
 * Running until the work ends, fails, or the first signal arrives; then ending: no server is started any more, and the running
 * ones are stopped, the newest first.
 */
class CommandSession implements Session {
  readonly #stops: (() => Promise<unknown>)[] = [];
  readonly #starting = new Set<Promise<unknown>>();
  readonly #interrupted: Promise<never>;
  #interrupt: (interrupted: Interrupted) => void = () => undefined;
  #firstSignalAtMs: number | null = null;
  #ending = false;

  constructor() {
    this.#interrupted = new Promise<never>((_resolve, reject) => (this.#interrupt = reject));
    // It may reject after the work has ended, when no caller awaits it.
    this.#interrupted.catch(() => undefined);
  }

  get wasInterrupted(): boolean {
    return this.#firstSignalAtMs !== null;
  }

  async run(work: (session: Session) => Promise<void>): Promise<void> {
    for (const signal of SIGNALS) process.on(signal, this.#onSignal);
    // Neither servers nor signal handlers keep the process running.
    const alive = setInterval(() => undefined, 60_000);
    try {
      await Promise.race([work(this), this.#interrupted]);
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
    } finally {
      await this.#stopAll();
      clearInterval(alive);
      for (const signal of SIGNALS) process.off(signal, this.#onSignal);
    }
  }

  async start<Started extends { stop(): Promise<unknown> }>(start: () => Promise<Started>): Promise<Started> {
    if (this.#ending) throw new Interrupted();
    const started = start();
    const settled = started.then(
      (running) => void this.#stops.push(() => running.stop()),
      () => undefined,
    );
    this.#starting.add(settled);
    try {
      return await started;
    } catch (error) {
      throw error instanceof CliProblem ? error : new CliProblem((error as Error).message, EXIT.failed);
    } finally {
      this.#starting.delete(settled);
    }
  }

  onStop(stop: () => Promise<unknown>): void {
    if (this.#ending) void stop().catch(() => undefined);
    else this.#stops.push(stop);
  }

  stay(): Promise<never> {
    return this.#interrupted;
  }

  readonly #onSignal = (): void => {
    if (this.#firstSignalAtMs === null) {
      this.#firstSignalAtMs = Date.now();
      note('Stopping…');
      this.#interrupt(new Interrupted());
    } else if (Date.now() - this.#firstSignalAtMs > SAME_KEYSTROKE_MS) process.exit(EXIT.failed);
  };

  async #stopAll(): Promise<void> {
    this.#ending = true;
    if (this.#starting.size > 0) {
      await endHelperProcesses();
      await Promise.race([Promise.all(this.#starting), sleep(STARTING_MS, undefined, { ref: false })]);
    }
    for (let stop = this.#stops.pop(); stop !== undefined; stop = this.#stops.pop())
      await stop().catch(() => undefined);
  }
}

import { ApplicationFailure, Context } from '@temporalio/activity';
import type { Progress } from '../types/progress';
import { SENDING } from '../types/sendingTimes';

/** Often enough that a stop arrives within the worker's heartbeat throttle (half a second). */
const HEARTBEAT_EVERY_MS = 250;

/**
 * Heartbeats while the work makes progress (decision 023). A heartbeat also receives a requested stop. It carries no progress,
 * which is in the ledger.
 *
 * @throws what the work throws; a failure of type `Waiting` when it has marked no progress for `SENDING.progressLimitMs`. The
 *   hanging work stays in memory, and nothing waits for it.
 */
export async function withHeartbeat<T>(work: (progress: Progress) => Promise<T>): Promise<T> {
  const watch = new ProgressWatch();
  try {
    return await Promise.race([work(watch), watch.hang]);
  } finally {
    watch.close();
  }
}

/**
 * *Heartbeating* until it is *closed* or, after too many heartbeats without a mark, *stalled*. It counts heartbeats, not time:
 * a machine that slept has not hung.
 */
class ProgressWatch implements Progress {
  /** Rejects when the work is stalled; else never settles. */
  readonly hang: Promise<never>;
  readonly #context = Context.current();
  #fail: (failure: Error) => void = () => {};
  readonly #timer = setInterval(() => this.#tick(), HEARTBEAT_EVERY_MS);
  #heartbeatsSinceMark = 0;
  #stalled = false;

  constructor() {
    this.hang = new Promise((_, reject) => (this.#fail = reject));
  }

  get stalled(): boolean {
    return this.#stalled;
  }

  mark(): void {
    this.#heartbeatsSinceMark = 0;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    this.#heartbeatsSinceMark += 1;
    if (this.#heartbeatsSinceMark * HEARTBEAT_EVERY_MS <= SENDING.progressLimitMs) {
      this.#context.heartbeat();
      return;
    }
    this.#stalled = true;
    const message = `The step made no progress for ${SENDING.progressLimitMs / 60_000} min and is retried`;
    this.#fail(ApplicationFailure.create({ type: 'Waiting', message }));
  }
}

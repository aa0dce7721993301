import type { Waiting } from '../types/run';

/** After how long a wait is recorded and reported, in ms. */
export const OUTAGE = {
  /** Recorded in the ledger. A single 503, or a 429 until the next second, is not worth it. */
  recordAfterMs: 1_000,
  /** Reported to the workflow, which ends the chunk: it has to be worth that. */
  reportAfterMs: 5_000,
} as const;

export interface OutageTrackerOptions {
  /** What the run already shows as waited for. */
  shown: string | null;
  /** Records it in the ledger; null when it is over. */
  record: (what: string | null) => void;
  /** The workflow has to learn of it: a running activity can report only by ending. */
  changed: () => void;
}

/**
 * What the requests of one chunk wait for together, from the first failure until the first answer: a few failures among answers
 * are normal and end at once.
 *
 * - *answering* → *failing* at the first failure. Further failures only change the name of what is waited for.
 * - *failing* → *recorded* after a second; → *reported* after five, unless the run shows a wait already (`shown`).
 * - any → *answering* at the first answer. What was recorded is recorded as over; a wait that the run shows is also reported
 *   as over.
 * - *closed*: nothing is recorded or reported any more; `current` stays readable.
 */
export class OutageTracker {
  readonly #options: OutageTrackerOptions;
  #current: Waiting | null = null;
  #recorded: boolean;
  #timers: NodeJS.Timeout[] = [];

  constructor(options: OutageTrackerOptions) {
    this.#options = options;
    this.#recorded = options.shown !== null;
  }

  /** What is waited for, and since when; null while Braze answers. */
  get current(): Waiting | null {
    return this.#current;
  }

  failed(what: string): void {
    // An outage may answer differently from request to request: it is one wait, named after its last answer.
    if (this.#current !== null) {
      this.#current = { ...this.#current, for: what };
      return;
    }
    const { shown, record, changed } = this.#options;
    this.#current = { for: what, since: new Date().toISOString() };
    const recordIt = () => {
      this.#recorded = true;
      record(this.#current?.for ?? what);
    };
    this.#timers = [setTimeout(recordIt, OUTAGE.recordAfterMs)];
    if (shown === null) this.#timers.push(setTimeout(changed, OUTAGE.reportAfterMs));
  }

  answered(): void {
    this.close();
    this.#current = null;
    if (!this.#recorded) return;
    const { shown, record, changed } = this.#options;
    this.#recorded = false;
    record(null);
    if (shown !== null) changed();
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}

import type { Waiting } from '../types/run';

/** A single 503, or a 429 until the next second, is nobody's news. */
const WORTH_NOTING_MS = 1_000;
/** Ends the chunk, so it has to be worth it. */
const WORTH_TELLING_MS = 5_000;

export interface OutageTrackerOptions {
  /** What the run's people are told it waits for already. */
  shown: string | null;
  /** Notes it in the ledger; null when it is over. */
  note: (what: string | null) => void;
  /** The workflow has to be told: a running activity can only do so by ending. */
  changed: () => void;
}

/**
 * What the requests of one chunk wait out together. Braze is waited for from the first failure until anything is answered:
 * a few failures among answers are everyday and end at once.
 */
export class OutageTracker {
  readonly #options: OutageTrackerOptions;
  #current: Waiting | null = null;
  #noted: boolean;
  #timers: NodeJS.Timeout[] = [];

  constructor(options: OutageTrackerOptions) {
    this.#options = options;
    this.#noted = options.shown !== null;
  }

  get current(): Waiting | null {
    return this.#current;
  }

  failed(what: string): void {
    // An outage may answer now this, now that: it is one wait, called by what it says last.
    if (this.#current !== null) {
      this.#current = { ...this.#current, for: what };
      return;
    }
    const { shown, note, changed } = this.#options;
    this.#current = { for: what, since: new Date().toISOString() };
    const noteIt = () => {
      this.#noted = true;
      note(this.#current?.for ?? what);
    };
    this.#timers = [setTimeout(noteIt, WORTH_NOTING_MS)];
    if (shown === null) this.#timers.push(setTimeout(changed, WORTH_TELLING_MS));
  }

  answered(): void {
    this.#forget();
    if (!this.#noted) return;
    const { shown, note, changed } = this.#options;
    this.#noted = false;
    note(null);
    if (shown !== null) changed();
  }

  /** Nothing is noted or told any more; what is waited for stays readable. */
  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #forget(): void {
    this.close();
    this.#current = null;
  }
}

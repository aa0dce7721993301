import type { OutgoingRow } from '../braze/packing';
import { monotonicNowMs } from './monotonicClock';

/** The answer that a request relies on is at most this old. */
const LOOK_UP_AFTER_MS = 1_000;

/**
 * Knows which rows of a chunk were emptied after they were read: their customers were suppressed meanwhile. Rows wait in memory
 * for as long as Braze keeps a request waiting, so each request asks; one query a second answers all of them.
 */
export class SuppressionFilter {
  readonly #emptiedRows: (withinSeconds: number) => Promise<number[]>;
  readonly #beganAtMs = monotonicNowMs();
  #lookedUpAtMs = this.#beganAtMs;
  #lookUp: Promise<void> | null = null;
  #emptied: ReadonlySet<number> = new Set();

  /**
   * Create it before the first row of the chunk is read.
   *
   * @param emptiedRows sequence numbers of the chunk's rows that may have been emptied within the last seconds
   */
  constructor(emptiedRows: (withinSeconds: number) => Promise<number[]>) {
    this.#emptiedRows = emptiedRows;
  }

  /** The objects that may still be sent. */
  async without(objects: readonly OutgoingRow[]): Promise<readonly OutgoingRow[]> {
    if (monotonicNowMs() - this.#lookedUpAtMs >= LOOK_UP_AFTER_MS) {
      this.#lookUp ??= this.#refresh().finally(() => (this.#lookUp = null));
      await this.#lookUp;
    }
    return this.#emptied.size === 0 ? objects : objects.filter(({ seq }) => !this.#emptied.has(seq));
  }

  async #refresh(): Promise<void> {
    const startedAtMs = monotonicNowMs();
    this.#emptied = new Set(await this.#emptiedRows((startedAtMs - this.#beganAtMs) / 1_000));
    this.#lookedUpAtMs = startedAtMs;
  }
}

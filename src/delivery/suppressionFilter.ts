import type { OutgoingRow } from '../braze/packing';
import type { Ledger } from '../ledger/open';
import { emptiedRows } from '../ledger/outbox';
import { monotonicNowMs } from './monotonicClock';

/** How old a look may be when a request starts. */
const LOOK_MS = 1_000;

/**
 * Rows of a chunk that were emptied after they were read: their customers were forgotten meanwhile. Rows wait in memory for as
 * long as Braze keeps a request waiting, so each request asks; one look a second answers all of them.
 */
export class SuppressionFilter {
  readonly #ledger: Ledger;
  readonly #stretch: { run: number; fromSeq: number; toSeq: number };
  readonly #beganAtMs = monotonicNowMs();
  #lookedAtMs = this.#beganAtMs;
  #looking: Promise<void> | null = null;
  #emptied: ReadonlySet<number> = new Set();

  /** To be made before the first row of the stretch is read. */
  constructor(ledger: Ledger, stretch: { run: number; fromSeq: number; toSeq: number }) {
    this.#ledger = ledger;
    this.#stretch = stretch;
  }

  /** The objects that may still be sent. */
  async without(objects: readonly OutgoingRow[]): Promise<readonly OutgoingRow[]> {
    if (monotonicNowMs() - this.#lookedAtMs >= LOOK_MS) {
      this.#looking ??= this.#look().finally(() => (this.#looking = null));
      await this.#looking;
    }
    return this.#emptied.size === 0 ? objects : objects.filter(({ seq }) => !this.#emptied.has(seq));
  }

  async #look(): Promise<void> {
    const startedAtMs = monotonicNowMs();
    const seqs = await emptiedRows(this.#ledger, this.#stretch, (startedAtMs - this.#beganAtMs) / 1_000);
    this.#emptied = new Set(seqs);
    this.#lookedAtMs = startedAtMs;
  }
}

import { FencedError, type Receipt } from '../ledger/receipts';
import { SENDING } from '../types/sendingTimes';
import { monotonicNowMs } from './monotonicClock';

/** A receipt waits this long for others: one transaction for a group of requests, well inside the 50 ms of the design. */
const GATHER_MS = 30;

/** … or until this part of the window is answered: waiting for all of it would leave Braze idle while it is recorded. */
const GATHER_SHARE = 0.25;

/** Without anything to record, the claim is renewed this often. */
const RENEW_MS = 1_000;

/** Where the receipts of one claimed chunk are kept. */
export interface ReceiptStore {
  /**
   * Records the receipts and renews the claim, in one durable transaction.
   *
   * @throws {FencedError} the claim or a lease has passed to another; nothing was recorded
   */
  record(receipts: Receipt[]): Promise<void>;
  /** Renews the claim when there is nothing to record. False: the claim or a lease has passed to another. */
  renew(): Promise<boolean>;
}

export interface ReceiptWriterOptions {
  store: ReceiptStore;
  /** Requests that may be in flight. */
  window: number;
  /** Called when a renewal finds that the claim has passed to another. A failed `record` rejects instead. */
  onFenced: (error: FencedError) => void;
}

/**
 * Records the receipts of one chunk in groups, and keeps the chunk's claim renewed.
 *
 * - *idle*: nothing to record. A timer renews the claim once a second; while the ledger is unavailable it retries.
 * - *gathering*: the first receipt of a group has come. Until the group is large enough, or for 30 ms.
 * - *recording*: one group at a time; those that come meanwhile are the next group.
 * - *failed*, permanently: a group was not recorded, or the claim has passed to another. Later `record()` calls and pending
 *   ones reject with the first failure, and so does `assertFresh()`.
 * - *closed*: the claim is not renewed any more.
 */
export class ReceiptWriter {
  readonly #store: ReceiptStore;
  readonly #onFenced: (error: FencedError) => void;
  readonly #groupSize: number;
  readonly #renewal: NodeJS.Timeout;
  #queue: { receipt: Receipt; resolve: () => void; reject: (error: unknown) => void }[] = [];
  #recording: Promise<void> | null = null;
  #failure: { error: unknown } | null = null;
  /** When the last successful renewal was requested. At the beginning the claim may be old, and a lease may have been lost. */
  #renewedAtMs = Number.NEGATIVE_INFINITY;
  /** Ends the gathering. */
  #groupIsFull: () => void = () => {};

  constructor({ store, window, onFenced }: ReceiptWriterOptions) {
    this.#store = store;
    this.#groupSize = Math.ceil(window * GATHER_SHARE);
    this.#onFenced = onFenced;
    this.#renewal = setInterval(() => this.#renewWhenIdle(), RENEW_MS / 2);
  }

  /**
   * Resolves once the receipt is durable.
   *
   * @throws the first failure
   */
  record(receipt: Receipt): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure.error as Error);
    return new Promise((resolve, reject) => {
      this.#queue.push({ receipt, resolve, reject });
      if (this.#queue.length >= this.#groupSize) this.#groupIsFull();
      this.#recording ??= this.#recordAll();
    });
  }

  /**
   * Before a request: nothing may be sent on a claim that another may have taken over by the time the request arrives.
   *
   * @throws the first failure; {@link FencedError} when the claim has passed to another
   */
  async assertFresh(): Promise<void> {
    if (this.#failure !== null) throw this.#failure.error;
    // A slow answer says only what was true when it was requested.
    while (monotonicNowMs() - this.#renewedAtMs >= SENDING.renewalGoodForMs) await this.#renew();
  }

  /** Everything recorded so far stays. */
  close(): void {
    clearInterval(this.#renewal);
  }

  async #recordAll(): Promise<void> {
    while (this.#queue.length > 0) {
      await this.#gather();
      const group = this.#queue.splice(0);
      const startedAtMs = monotonicNowMs();
      try {
        if (this.#failure !== null) throw this.#failure.error;
        await this.#store.record(group.map(({ receipt }) => receipt));
        this.#renewedAtMs = startedAtMs;
        for (const { resolve } of group) resolve();
      } catch (error) {
        this.#failure ??= { error };
        for (const { reject } of group) reject(error);
      }
    }
    this.#recording = null;
  }

  /** Until there is a group to record, or its first receipt has waited long enough. */
  async #gather(): Promise<void> {
    if (this.#queue.length >= this.#groupSize) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, GATHER_MS);
      this.#groupIsFull = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #renewWhenIdle(): void {
    if (this.#recording !== null || monotonicNowMs() - this.#renewedAtMs < RENEW_MS) return;
    this.#renew().catch((error: unknown) => {
      // The ledger may recover; a claim that has passed to another does not return.
      if (!(error instanceof FencedError)) return;
      this.#failure ??= { error };
      this.#onFenced(error);
    });
  }

  async #renew(): Promise<void> {
    const startedAtMs = monotonicNowMs();
    if (!(await this.#store.renew())) throw new FencedError('The claim of this chunk has passed to another.');
    this.#renewedAtMs = startedAtMs;
  }
}

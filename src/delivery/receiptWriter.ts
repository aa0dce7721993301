import { renewClaim, type Fence } from '../ledger/claims';
import type { Ledger } from '../ledger/open';
import { FencedError, recordReceipts, type Receipt, type ReceiptGroup } from '../ledger/receipts';
import { SENDING } from '../types/sendingTimes';
import { monotonicNowMs } from './monotonicClock';

/** A receipt waits this long for company: one transaction for a group of requests, well inside the 50 ms of the design. */
const GATHER_MS = 30;

/** … or until this part of the window is answered: waiting for all of it would leave Braze idle while it is recorded. */
const GATHER_SHARE = 0.25;

/** Without anything to record, the claim is renewed this often. */
const RENEW_MS = 1_000;

/**
 * Records the answered requests of one chunk in groups, and keeps the chunk's claim renewed. The first failure is final:
 * whoever adds a receipt after it, or waits for one, meets it.
 */
export class ReceiptWriter {
  readonly #ledger: Ledger;
  readonly #group: Omit<ReceiptGroup, 'receipts'>;
  readonly #fence: Fence;
  #queue: { receipt: Receipt; done: () => void; failed: (error: unknown) => void }[] = [];
  #recording: Promise<void> | null = null;
  #failure: { error: unknown } | null = null;
  /** The claim may be old by now, and nobody has looked at the leases since they were granted. */
  #renewedAtMs = Number.NEGATIVE_INFINITY;
  readonly #renewal: NodeJS.Timeout;
  readonly #groupSize: number;
  #enough: () => void = () => {};

  constructor(
    ledger: Ledger,
    group: Omit<ReceiptGroup, 'receipts'>,
    fence: Fence,
    window: number,
    onFailure: (error: unknown) => void,
  ) {
    this.#groupSize = Math.ceil(window * GATHER_SHARE);
    this.#ledger = ledger;
    this.#group = group;
    this.#fence = fence;
    this.#renewal = setInterval(() => {
      if (monotonicNowMs() - this.#renewedAtMs < RENEW_MS || this.#recording !== null) return;
      this.#renew().catch((error: unknown) => this.#fail(error, onFailure));
    }, RENEW_MS / 2);
  }

  /** Resolves once the receipt is durable. */
  record(receipt: Receipt): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure.error as Error);
    return new Promise((done, failed) => {
      this.#queue.push({ receipt, done, failed });
      if (this.#queue.length >= this.#groupSize) this.#enough();
      this.#recording ??= this.#recordAll();
    });
  }

  /** Before a request: nobody may send on a claim that another may have taken over by the time it lands. */
  async assertFresh(): Promise<void> {
    if (this.#failure !== null) throw this.#failure.error;
    // An answer that was long under way says what was true when it was given.
    while (monotonicNowMs() - this.#renewedAtMs >= SENDING.renewalGoodForMs) await this.#renew();
  }

  /** Stops renewing; everything recorded so far stays. */
  close(): void {
    clearInterval(this.#renewal);
  }

  /** Until there is a group to record, or the first of it has waited long enough. */
  async #gather(): Promise<void> {
    if (this.#queue.length >= this.#groupSize) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, GATHER_MS);
      this.#enough = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #recordAll(): Promise<void> {
    while (this.#queue.length > 0) {
      await this.#gather();
      const group = this.#queue.splice(0);
      const startedAtMs = monotonicNowMs();
      try {
        if (this.#failure !== null) throw this.#failure.error;
        await recordReceipts(
          this.#ledger,
          { ...this.#group, receipts: group.map(({ receipt }) => receipt) },
          this.#fence,
        );
        this.#renewedAtMs = startedAtMs;
        for (const { done } of group) done();
      } catch (error) {
        this.#failure ??= { error };
        for (const { failed } of group) failed(error);
      }
    }
    this.#recording = null;
  }

  async #renew(): Promise<void> {
    const startedAtMs = monotonicNowMs();
    if (!(await renewClaim(this.#ledger, this.#group, this.#fence))) {
      throw new FencedError('The claim of this chunk has passed to another.');
    }
    this.#renewedAtMs = startedAtMs;
  }

  #fail(error: unknown, onFailure: (error: unknown) => void): void {
    // The ledger may come back; a claim that has passed to another does not.
    if (!(error instanceof FencedError)) return;
    this.#failure ??= { error };
    onFailure(error);
  }
}

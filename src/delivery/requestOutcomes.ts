import type { PackedRequest } from '../braze/packing';
import type { Delivery } from '../braze/send';
import type { SendableRow } from '../ledger/outbox';
import type { Receipt } from '../ledger/receipts';

/** What has happened to the rows of one request so far, over all its attempts. */
export class RequestOutcomes {
  readonly #request: PackedRequest<SendableRow>;
  readonly #accepted = new Set<number>();
  /** Braze's message by sequence number. */
  readonly #refused = new Map<number, string>();
  #requests = 0;
  readonly #requestIds: string[] = [];

  constructor(request: PackedRequest<SendableRow>) {
    this.#request = request;
  }

  add({ requests, requestIds, accepted, rejected }: Delivery): void {
    this.#requests += requests;
    this.#requestIds.push(...requestIds);
    for (const seq of accepted) this.#accepted.add(seq);
    for (const { seq, message } of rejected) this.#refused.set(seq, message);
  }

  /** The receipt of a request of which every row is decided. */
  wholeReceipt(): Receipt {
    const { fromSeq, toSeq, objects } = this.#request;
    let valuesSent = 0;
    for (const { seq, valueCount } of objects) if (this.#accepted.has(seq)) valuesSent += valueCount;
    return {
      fromSeq,
      toSeq,
      requests: this.#requests,
      requestIds: this.#requestIds,
      accepted: this.#accepted.size,
      valuesSent,
      refused: [...this.#refused].map(([seq, message]) => ({ seq, message })),
    };
  }

  /** Receipts of the stretches of a split request that were decided before it was stopped. */
  partialReceipts(): Receipt[] {
    const receipts: Receipt[] = [];
    let [requests, requestIds] = [this.#requests, this.#requestIds];
    let open: Receipt | null = null;
    for (const { seq, valueCount } of this.#request.objects) {
      const message = this.#refused.get(seq);
      if (!this.#accepted.has(seq) && message === undefined) {
        open = null;
        continue;
      }
      if (open === null || open.toSeq !== seq - 1) {
        open = { fromSeq: seq, toSeq: seq, requests, requestIds, accepted: 0, valuesSent: 0, refused: [] };
        // The cost of the request counts once, with its first stretch.
        [requests, requestIds] = [0, []];
        receipts.push(open);
      }
      open.toSeq = seq;
      if (message === undefined) {
        open.accepted += 1;
        open.valuesSent += valueCount;
      } else open.refused.push({ seq, message });
    }
    return receipts;
  }
}

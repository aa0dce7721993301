import { setMaxListeners } from 'node:events';
import type { BrazeClient } from '../braze/client';
import type { PackedRequest } from '../braze/packing';
import type { SendableRow } from '../ledger/outbox';
import { FencedError } from '../ledger/receipts';
import type { Progress } from '../types/progress';
import type { HoldReason, Waiting } from '../types/run';
import type { ChunkLedger } from './chunkLedger';
import { toHoldReason } from './holdReason';
import type { InFlightLimiter, SlotGroup } from './inFlightLimiter';
import { OutageTracker } from './outageTracker';
import type { RateLimiter } from './rateLimiter';
import { ReceiptWriter } from './receiptWriter';
import { sendRequest, type RequestContext } from './sendRequest';
import { SuppressionFilter } from './suppressionFilter';
import { unsentRequests } from './unsentRequests';

/** When the next slot is farther away than this, the reason is not the rate but a budget that is used up. */
const BUDGET_WAIT_MS = 30_000;

const LOOK_EVERY_MS = 1_000;

/** What sending one chunk needs. */
export interface ChunkSending {
  ledger: ChunkLedger;
  client: Pick<BrazeClient, 'track'>;
  /** What to do about a key that Braze refuses, for the hold. */
  keyAdvice: string;
  rateLimiter: Pick<RateLimiter, 'take' | 'postpone' | 'observe' | 'nextInMs'>;
  inFlightLimiter: InFlightLimiter;
  /** Counted from 0. */
  chunk: number;
  claim: string;
  /** Requests that each chunk of the run may have in flight in any case. */
  share: number;
  lanes: number;
  /** What the run already shows as waited for. */
  waitingShown: string | null;
  stop: AbortSignal;
  progress: Progress;
}

/** How the sending of a chunk ended. */
export type SendingEnd = {
  /** Whether something may have reached Braze without a receipt. */
  lostAnswers: boolean;
  /** What it was waiting for when it ended. */
  waiting: Waiting | null;
} & (
  | { ended: 'all-sent' | 'stopped' }
  /** What a person must fix; the first one counts. */
  | { ended: 'hold'; hold: HoldReason }
  /** The claim or a lease is no longer this run's. */
  | { ended: 'fenced' }
  | { ended: 'failed'; error: unknown }
);

/**
 * Sends the rows of one claimed chunk that have no receipt, and records the answers. An instance is used once.
 *
 * - *starting*: requests start in order, as many at once as the chunk's slots allow. Each is sent until it is decided, and its
 *   receipt recorded.
 * - *halted*: by the first hold or failure, by a stop from outside, or because a wait began or ended that the workflow has to
 *   learn of. No further request starts.
 * - *draining*: everything has started, or it is halted. Requests in flight are waited for.
 * - *ended*: slots and timers are released. The end is the first of these that applies: fenced, failed, hold, stopped, all sent.
 * - *abandoned*, from any of the first three: no progress for too long, so another attempt has begun. Slots, timers and the
 *   claim are released, even if a request still hangs.
 */
export class ChunkSender {
  readonly #sending: ChunkSending;
  readonly #halt = new AbortController();
  readonly #stop: AbortSignal;
  readonly #slots: SlotGroup;
  readonly #receipts: ReceiptWriter;
  readonly #outage: OutageTracker;
  readonly #context: RequestContext;
  readonly #inFlight = new Set<Promise<void>>();
  #looking: NodeJS.Timeout | undefined;
  #hold: HoldReason | null = null;
  #failure: { error: unknown } | null = null;
  #lostAnswers = false;

  constructor(sending: ChunkSending) {
    const { ledger, client, rateLimiter, chunk, claim, share, waitingShown, progress } = sending;
    this.#sending = sending;
    this.#stop = AbortSignal.any([this.#halt.signal, sending.stop]);
    // Every request in flight listens to it.
    setMaxListeners(0, this.#stop);
    this.#receipts = new ReceiptWriter({ store: ledger, window: share, onFenced: (error) => this.#fail(error) });
    this.#outage = new OutageTracker({
      shown: waitingShown,
      record: (what) => void ledger.setWaitingFor(what).catch(() => undefined),
      // Ends the chunk like a stop; the workflow then shows the wait and begins the chunk again.
      changed: () => this.#halt.abort(),
    });
    this.#context = {
      client,
      chunk,
      rateLimiter,
      stop: this.#stop,
      assertFresh: () => this.#receipts.assertFresh(),
      suppression: new SuppressionFilter((withinSeconds) => ledger.emptiedRows(withinSeconds)),
      outage: this.#outage,
      progress,
    };
    this.#slots = sending.inFlightLimiter.open(chunk, claim);
  }

  async send(): Promise<SendingEnd> {
    this.#looking = setInterval(() => this.#look(), LOOK_EVERY_MS);
    let failure: { error: unknown } | null = null;
    try {
      await this.#startAll();
    } catch (error) {
      failure = { error };
    }
    this.#slots.exhaust();
    await Promise.all(this.#inFlight);
    // Something that was sent could not be recorded, no matter what else failed.
    if (this.#failure !== null) this.#lostAnswers = true;
    const waiting = this.#outage.current;
    this.#release();
    return this.#endOf(failure ?? this.#failure, waiting);
  }

  async #startAll(): Promise<void> {
    // A lease may have been lost since it was granted: one check covers all the first requests.
    await this.#receipts.assertFresh();
    await this.#resizeWindow();
    for await (const request of unsentRequests(this.#sending.ledger)) {
      await this.#slots.enter();
      this.#sending.progress.mark();
      if (this.#stop.aborted) {
        this.#slots.leave();
        break;
      }
      this.#start(request);
    }
  }

  #start(request: PackedRequest<SendableRow>): void {
    const sent: Promise<void> = this.#sendAndRecord(request)
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#slots.leave();
        this.#inFlight.delete(sent);
      });
    this.#inFlight.add(sent);
  }

  async #sendAndRecord(request: PackedRequest<SendableRow>): Promise<void> {
    const end = await sendRequest(request, this.#context);
    if (end.kind !== 'decided') this.#lostAnswers ||= end.lost;
    if (end.kind === 'misconfigured') {
      this.#hold ??= toHoldReason(end.problem, this.#sending.keyAdvice);
      this.#halt.abort();
    }
    await Promise.all(end.receipts.map((receipt) => this.#receipts.record(receipt)));
    this.#sending.progress.mark();
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#halt.abort();
  }

  #look(): void {
    const { progress } = this.#sending;
    if (progress.stalled) {
      this.#halt.abort();
      this.#release();
      return;
    }
    // Those others mark the progress of their own attempts.
    if (this.#slots.waitsForOthers) progress.mark();
    if (this.#outage.current === null && this.#sending.rateLimiter.nextInMs() > BUDGET_WAIT_MS) {
      this.#outage.failed("the workspace's request budget");
    }
    this.#resizeWindow().catch(() => undefined);
  }

  #release(): void {
    clearInterval(this.#looking);
    this.#slots.close();
    this.#outage.close();
    this.#receipts.close();
  }

  /** This process uses the shares of all lanes that no other process uses. */
  async #resizeWindow(): Promise<void> {
    const { ledger, inFlightLimiter, share, lanes } = this.#sending;
    const elsewhere = await ledger.claimsElsewhere(inFlightLimiter.claims);
    inFlightLimiter.capacity = share * Math.max(1, lanes - elsewhere);
  }

  #endOf(failure: { error: unknown } | null, waiting: Waiting | null): SendingEnd {
    const known = { lostAnswers: this.#lostAnswers, waiting };
    if (failure?.error instanceof FencedError) return { ...known, ended: 'fenced' };
    if (failure !== null) return { ...known, ended: 'failed', error: failure.error };
    if (this.#hold !== null) return { ...known, ended: 'hold', hold: this.#hold };
    return { ...known, ended: this.#stop.aborted ? 'stopped' : 'all-sent' };
  }
}

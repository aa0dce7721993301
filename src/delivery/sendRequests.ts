import { setMaxListeners } from 'node:events';
import type { PackedRequest } from '../braze/packing';
import type { Misconfigured } from '../braze/response';
import { hasUncertain } from '../ledger/acknowledged';
import { claimsElsewhere } from '../ledger/claims';
import type { SendableRow } from '../ledger/outbox';
import { FencedError } from '../ledger/receipts';
import { hasOpenRejections } from '../ledger/rejections';
import { setWaitingFor } from '../ledger/runState';
import { isPartial } from '../planning/backfillScope';
import type { EngineDeps } from '../planning/engineDeps';
import type { PreparedRecord } from '../planning/preparedRun';
import type { WorkspaceAccess } from '../planning/workspaceAccess';
import type { HoldReason, Waiting } from '../types/run';
import type { SlotGroup, InFlightLimiter } from './inFlightLimiter';
import { OutageTracker } from './outageTracker';
import { toRate } from './rate';
import type { RateLimiter } from './rateLimiter';
import { ReceiptWriter } from './receiptWriter';
import { sendRequest, type RequestContext } from './sendRequest';
import { SuppressionFilter } from './suppressionFilter';
import { unsentRequests } from './unsentRequests';

/** A next slot farther away than this is no pace but a budget that is used up. */
const BUDGET_WAIT_MS = 30_000;

/** What delivery shares between the chunks of one process, beside what the engine has. */
export interface DeliveryDeps extends EngineDeps {
  rateLimiter: (workspaceId: number, rate: ReturnType<typeof toRate>) => RateLimiter;
  inFlightLimiter: (run: number, share: number) => InFlightLimiter;
}

/** The chunk's rows, and the claim on them. */
export interface ChunkClaim {
  run: number;
  chunk: number;
  fromSeq: number;
  toSeq: number;
  claim: string;
}

export interface ClaimedChunk {
  record: PreparedRecord;
  claim: ChunkClaim;
  access: WorkspaceAccess;
  /** What people are told is waited for already. */
  waitingShown: string | null;
  stop: AbortSignal;
}

/** How the sending of a chunk ended. */
export type SendingEnd = {
  /** Whether something may have reached Braze without a receipt. */
  lostAnswers: boolean;
  /** What it was waiting for in the end. */
  waiting: Waiting | null;
} & (
  | { ended: 'all-sent' | 'stopped' }
  /** What a person must mend; the first one counts. */
  | { ended: 'hold'; hold: HoldReason }
  /** The claim or a lease is no longer this run's. */
  | { ended: 'fenced' }
  | { ended: 'failed'; error: unknown }
);

/**
 * Sends what has no receipt of a chunk, as many requests at once as the run's window lets in, and records the answers. Ends when
 * everything has its receipt, when it is asked to stop, or with a hold; what is in flight then is waited for.
 */
export async function sendRequests(deps: DeliveryDeps, chunk: ClaimedChunk): Promise<SendingEnd> {
  const { targetId } = chunk.record;
  const settleUncertain = await hasUncertain(deps.ledger, targetId);
  const settleRejections = await hasOpenRejections(deps.ledger, targetId);
  return new ChunkSender(deps, chunk, { settleUncertain, settleRejections }).send();
}

/**
 * The sending of one chunk. Requests start in order while its slots in the window allow; each is carried until it is decided, and
 * its receipt recorded. The first hold or failure halts: no further request starts, those in flight are waited for.
 */
class ChunkSender {
  readonly #deps: DeliveryDeps;
  readonly #chunk: ClaimedChunk;
  readonly #halt = new AbortController();
  readonly #rateLimiter: RateLimiter;
  readonly #inFlight: InFlightLimiter;
  readonly #slots: SlotGroup;
  readonly #receipts: ReceiptWriter;
  readonly #outage: OutageTracker;
  readonly #context: RequestContext;
  readonly #underWay = new Set<Promise<void>>();
  #hold: HoldReason | null = null;
  #failure: { error: unknown } | null = null;
  #lostAnswers = false;

  constructor(deps: DeliveryDeps, chunk: ClaimedChunk, open: { settleUncertain: boolean; settleRejections: boolean }) {
    const { ledger } = deps;
    const { record, claim, access, waitingShown } = chunk;
    const { settings, run, targetId, inFlightPerLane } = record;
    this.#deps = deps;
    this.#chunk = chunk;
    const stop = AbortSignal.any([this.#halt.signal, chunk.stop]);
    // Every request of the window listens to it.
    setMaxListeners(0, stop);
    this.#rateLimiter = deps.rateLimiter(access.workspaceId, toRate(settings.workspace.rateLimit));
    this.#receipts = new ReceiptWriter(
      ledger,
      { ...claim, targetId, ...open, partial: isPartial(record.request) },
      { sync: settings.sync, workspace: settings.workspace.name },
      inFlightPerLane,
      (error) => this.#fail(error),
    );
    this.#outage = new OutageTracker({
      shown: waitingShown,
      note: (what) => void setWaitingFor(ledger, run, what).catch(() => undefined),
      // Ends the chunk as a stop does; the workflow then knows, and begins it again.
      changed: () => this.#halt.abort(),
    });
    this.#context = {
      client: access.client,
      chunk: claim.chunk,
      rateLimiter: this.#rateLimiter,
      stop,
      assertFresh: () => this.#receipts.assertFresh(),
      suppression: new SuppressionFilter(ledger, claim),
      outage: this.#outage,
    };
    this.#inFlight = deps.inFlightLimiter(run, inFlightPerLane);
    this.#slots = this.#inFlight.open(claim.chunk, claim.claim);
  }

  async send(): Promise<SendingEnd> {
    const everySecond = setInterval(() => this.#lookEverySecond(), 1_000);
    let failure: { error: unknown } | null = null;
    try {
      await this.#startAll();
    } catch (error) {
      failure = { error };
    }
    this.#slots.exhaust();
    await Promise.all(this.#underWay);
    // Something that was sent could not be recorded, whatever else has failed.
    if (this.#failure !== null) this.#lostAnswers = true;
    this.#slots.close();
    clearInterval(everySecond);
    const waiting = this.#outage.current;
    this.#outage.close();
    this.#receipts.close();
    return this.#endOf(failure ?? this.#failure, waiting);
  }

  async #startAll(): Promise<void> {
    const { record, claim } = this.#chunk;
    // A lease may be lost since it was granted: one look for all the first requests, and then nothing goes out.
    await this.#receipts.assertFresh();
    await this.#takeShares();
    for await (const request of unsentRequests(this.#deps.ledger, record.run, claim)) {
      await this.#slots.enter();
      if (this.#context.stop.aborted) {
        this.#slots.leave();
        break;
      }
      this.#start(request);
    }
  }

  #start(request: PackedRequest<SendableRow>): void {
    const carried: Promise<void> = this.#carry(request)
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#slots.leave();
        this.#underWay.delete(carried);
      });
    this.#underWay.add(carried);
  }

  async #carry(request: PackedRequest<SendableRow>): Promise<void> {
    const end = await sendRequest(request, this.#context);
    if (end.kind !== 'decided') this.#lostAnswers ||= end.lost;
    if (end.kind === 'misconfigured') {
      this.#hold ??= toHoldReason(end.problem, this.#chunk.access.keyAdvice);
      this.#halt.abort();
    }
    await Promise.all(end.receipts.map((receipt) => this.#receipts.record(receipt)));
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#halt.abort();
  }

  #lookEverySecond(): void {
    if (this.#outage.current === null && this.#rateLimiter.nextInMs() > BUDGET_WAIT_MS) {
      this.#outage.failed("the workspace's request budget");
    }
    this.#takeShares().catch(() => undefined);
  }

  /** The shares of lanes from which no other process sends are this one's. */
  async #takeShares(): Promise<void> {
    const { run, settings, inFlightPerLane } = this.#chunk.record;
    const elsewhere = await claimsElsewhere(this.#deps.ledger, run, this.#inFlight.claims);
    this.#inFlight.capacity = inFlightPerLane * Math.max(1, settings.delivery.lanes - elsewhere);
  }

  #endOf(failure: { error: unknown } | null, waiting: Waiting | null): SendingEnd {
    const known = { lostAnswers: this.#lostAnswers, waiting };
    if (failure?.error instanceof FencedError) return { ...known, ended: 'fenced' };
    if (failure !== null) return { ...known, ended: 'failed', error: failure.error };
    if (this.#hold !== null) return { ...known, ended: 'hold', hold: this.#hold };
    return { ...known, ended: this.#context.stop.aborted ? 'stopped' : 'all-sent' };
  }
}

function toHoldReason({ problem, message }: Misconfigured, keyAdvice: string): HoldReason {
  if (problem === 'unknown-key' || problem === 'no-permission') {
    return { cause: 'refused-key', because: `${message}. ${keyAdvice}` };
  }
  const because = `${message}. If the address is right, retry. Else discard, mend restEndpoint and start again: this run keeps the address it began with.`;
  return { cause: 'wrong-endpoint', because };
}

import { randomUUID } from 'node:crypto';
import { claimChunk, releaseClaim } from '../ledger/claims';
import type { Ledger } from '../ledger/open';
import { sinceLastRequest, unreceipted } from '../ledger/receipts';
import type { PreparedRecord } from '../planning/preparedRun';
import type { WorkspaceAccess } from '../planning/workspaceAccess';
import type { Progress } from '../types/progress';
import type { HoldReason, Waiting } from '../types/run';
import { openChunkLedger, type ChunkClaim } from './chunkLedger';
import { ChunkSender, type SendingEnd } from './chunkSender';
import type { DeliveryDeps } from './deliveryDeps';
import { knownWait } from './knownWait';
import { toRate } from './rate';

export interface ChunkToDeliver {
  record: PreparedRecord;
  /** Counted from 0. */
  chunk: number;
  access: WorkspaceAccess;
  /** What the run already shows as waited for: the chunk ends early when it waits for something else, or for nothing. */
  waitingShown: string | null;
  /** Stops it: requests in flight finish and are recorded. */
  stop: AbortSignal;
  progress: Progress;
}

/** How the delivery of a chunk ended. */
export interface ChunkEnd {
  /** Every row of it has its receipt. */
  done: boolean;
  /** It ended early for an outside reason: it was stopped, or a wait began or ended that the workflow has to show. */
  stopped: boolean;
  hold: HoldReason | null;
  /** What it was waiting for when it ended; null when Braze answers. */
  waiting: Waiting | null;
  /** The run no longer has its claim or a lease: nothing more can be sent or recorded before they are acquired again. */
  leaseLost: boolean;
}

const STOPPED: ChunkEnd = { done: false, stopped: true, hold: null, waiting: null, leaseLost: false };

/**
 * Claims one chunk, sends its rows that have no receipt, and releases the claim in every case.
 *
 * @throws the error that made sending fail: the attempt may be repeated
 */
export async function deliverChunk(deps: DeliveryDeps, delivery: ChunkToDeliver): Promise<ChunkEnd> {
  const { ledger } = deps;
  const claim = newClaim(delivery);
  if (!(await acquireClaim(ledger, claim, delivery))) return STOPPED;
  let lostAnswers = false;
  let end: SendingEnd;
  try {
    await waitForSettle(ledger, delivery);
    end = await sendChunk(deps, delivery, claim);
    ({ lostAnswers } = end);
  } finally {
    // A claim that could not be released is taken over once it is old enough; until then no attempt sends this chunk.
    await releaseClaim(ledger, claim, lostAnswers).catch(() => undefined);
  }
  const { waiting } = end;
  switch (end.ended) {
    case 'failed':
      throw end.error;
    case 'fenced':
      // Another attempt would send the same objects again, and again fail to record them.
      return { ...STOPPED, waiting, leaseLost: true };
    case 'hold':
    case 'stopped':
    case 'all-sent': {
      const done = (await unreceipted(ledger, claim.run, claim.fromSeq, claim.toSeq)).length === 0;
      const hold = end.ended === 'hold' ? end.hold : null;
      return { done, stopped: !done && hold === null, hold, waiting, leaseLost: false };
    }
  }
}

function newClaim({ record, chunk }: ChunkToDeliver): ChunkClaim {
  const { chunkCustomers } = record.settings.delivery;
  return {
    run: record.run,
    chunk,
    fromSeq: chunk * chunkCustomers + 1,
    toSeq: Math.min(record.staged, (chunk + 1) * chunkCustomers),
    claim: randomUUID(),
  };
}

/** Waits until an earlier claim is released or old enough; false when it was asked to stop meanwhile. */
async function acquireClaim(ledger: Ledger, claim: ChunkClaim, { stop, progress }: ChunkToDeliver): Promise<boolean> {
  for (let waitMs = await claimChunk(ledger, claim); waitMs > 0; waitMs = await claimChunk(ledger, claim)) {
    await knownWait(Math.min(waitMs, 1_000), stop, progress);
    if (stop.aborted) return false;
  }
  return true;
}

/**
 * The first request of a run keeps its distance from the last of the run before: Braze does not keep the order of calls in
 * quick succession.
 */
async function waitForSettle(ledger: Ledger, { record, stop, progress }: ChunkToDeliver): Promise<void> {
  const { settleMs } = record.settings.delivery;
  const agoMs = settleMs === 0 ? null : await sinceLastRequest(ledger, record.sync, record.run);
  if (agoMs === null || agoMs >= settleMs) return;
  await knownWait(settleMs - agoMs, stop, progress);
}

async function sendChunk(deps: DeliveryDeps, delivery: ChunkToDeliver, claim: ChunkClaim): Promise<SendingEnd> {
  const { record, chunk, access, waitingShown, stop, progress } = delivery;
  const { run, inFlightPerLane: share, settings } = record;
  const sender = new ChunkSender({
    ledger: await openChunkLedger(deps.ledger, record, claim),
    client: access.client,
    keyAdvice: access.keyAdvice,
    rateLimiter: deps.rateLimiter(access.workspaceId, toRate(settings.workspace.rateLimit)),
    inFlightLimiter: deps.inFlightLimiter(run, share),
    chunk,
    claim: claim.claim,
    share,
    lanes: settings.delivery.lanes,
    waitingShown,
    stop,
    progress,
  });
  return sender.send();
}

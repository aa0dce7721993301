import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { claimChunk, releaseClaim } from '../ledger/claims';
import { sinceLastRequest, unsettled } from '../ledger/receipts';
import type { PreparedRecord } from '../planning/preparedRun';
import type { WorkspaceAccess } from '../planning/workspaceAccess';
import type { HoldReason, Waiting } from '../types/run';
import { sendRequests, type ChunkClaim, type DeliveryDeps, type SendingEnd } from './sendRequests';

export interface ChunkToDeliver {
  record: PreparedRecord;
  /** Counted from 0. */
  chunk: number;
  access: WorkspaceAccess;
  /** What people are told is waited for: the chunk ends early when it is something else by then. */
  waitingShown: string | null;
  /** Asks it to end: what is in flight is waited for and recorded. */
  stop: AbortSignal;
}

/** How the delivery of a chunk ended. */
export interface ChunkEnd {
  /** Every row of it has its receipt. */
  done: boolean;
  /** It ended before it was done, for no cause of its own: it was asked to, or what it waits for has to be told. */
  stopped: boolean;
  hold: HoldReason | null;
  /** What it was waiting for when it ended; null when Braze answers. */
  waiting: Waiting | null;
  /** The run no longer has its claim or a lease: nothing more can be sent or recorded before it is taken again. */
  leaseLost: boolean;
}

const STOPPED: ChunkEnd = { done: false, stopped: true, hold: null, waiting: null, leaseLost: false };

/** Claims one chunk, sends what has no receipt of it, and releases the claim whatever happens. */
export async function deliverChunk(deps: DeliveryDeps, delivery: ChunkToDeliver): Promise<ChunkEnd> {
  const { ledger } = deps;
  const { record, stop } = delivery;
  const claim = newClaim(delivery);
  if (!(await acquireClaim(deps, claim, stop))) return STOPPED;
  let lostAnswers = false;
  let end: SendingEnd;
  try {
    await waitForSettle(deps, record, stop);
    end = await sendRequests(deps, { ...delivery, claim });
    ({ lostAnswers } = end);
  } finally {
    // A claim that is not given back is taken over by its age; until then nobody sends this chunk.
    await releaseClaim(ledger, claim, lostAnswers).catch(() => undefined);
  }
  const { waiting } = end;
  switch (end.ended) {
    case 'failed':
      throw end.error;
    case 'fenced':
      // Trying again would send the same once more, and again could not record it.
      return { ...STOPPED, waiting, leaseLost: true };
    case 'hold':
    case 'stopped':
    case 'all-sent': {
      const done = (await unsettled(ledger, claim.run, claim.fromSeq, claim.toSeq)).length === 0;
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
async function acquireClaim({ ledger }: DeliveryDeps, claim: ChunkClaim, stop: AbortSignal): Promise<boolean> {
  for (let waitMs = await claimChunk(ledger, claim); waitMs > 0; waitMs = await claimChunk(ledger, claim)) {
    await sleep(Math.min(waitMs, 1_000), undefined, { signal: stop }).catch(() => undefined);
    if (stop.aborted) return false;
  }
  return true;
}

/** The first request of a run keeps its distance from the last of the run before: Braze does not keep the order of quick calls. */
async function waitForSettle({ ledger }: DeliveryDeps, record: PreparedRecord, stop: AbortSignal): Promise<void> {
  const { settleMs } = record.settings.delivery;
  const agoMs = settleMs === 0 ? null : await sinceLastRequest(ledger, record.sync, record.run);
  if (agoMs === null || agoMs >= settleMs) return;
  await sleep(settleMs - agoMs, undefined, { signal: stop }).catch(() => undefined);
}

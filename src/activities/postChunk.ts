import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { cancellationSignal, Context } from '@temporalio/activity';
import { sendRequests, type Sending, type Sent } from '../delivery/sendRequests';
import { judgeDelivery } from '../guards/judge';
import { claimChunk, releaseClaim } from '../ledger/claims';
import { FencedError, sentSoFar, sinceLastRequest, unsettled } from '../ledger/receipts';
import { readRun } from '../ledger/runs';
import { rememberSentTypes } from '../ledger/sentTypes';
import { outgoingTypes } from '../planning/columnTypes';
import { holdReasonOf } from '../planning/holdError';
import { preparedRun, type PreparedRecord } from '../planning/preparedRun';
import { workspaceAccess, type WorkspaceAccess } from '../planning/workspaceAccess';
import type { ChunkInput, ChunkResult } from '../types/activities';
import type { HoldReason, Waiting } from '../types/run';
import type { AttributeType } from '../types/settings';
import type { Deps } from './dependencies';

/**
 * Posts one chunk: outbox rows → requests → Braze → receipts. Receipts decide what is left, so an attempt sends what has
 * none. A stop lets what is in flight finish and be recorded, and returns normally; so does a hold cause.
 */
export async function postChunk(deps: Sending, input: ChunkInput): Promise<ChunkResult> {
  const { ledger } = deps;
  const record = await preparedRun(ledger, input.run);
  let hold: HoldReason | null = null;
  let done = false;
  let waiting: Waiting | null = null;
  let leaseLost = false;
  let workspaceId: number | null = null;
  try {
    const access = await workspaceAccess(deps, record.settings.workspace, input.keyConfirmed);
    ({ workspaceId } = access);
    ({ hold, done, waiting, leaseLost } = await claimAndPost(deps, record, input, access));
  } catch (error) {
    hold = holdReasonOf(error);
    if (hold === null) throw error;
  }
  const { accepted, rejected, requests } = await readRun(ledger, input.run);
  if (accepted > 0 && workspaceId !== null)
    await rememberSentTypes(ledger, workspaceId, input.run, typesOfValues(record));
  return { done, hold: hold ?? (await judge(deps, record, input)), waiting, leaseLost, accepted, rejected, requests };
}

type ChunkEnd = Pick<ChunkResult, 'hold' | 'done' | 'waiting' | 'leaseLost'>;

async function claimAndPost(
  deps: Sending,
  record: PreparedRecord,
  { run, chunk, waitingShown }: ChunkInput,
  access: WorkspaceAccess,
): Promise<ChunkEnd> {
  const { ledger } = deps;
  const { chunkCustomers, settleMs } = record.settings.delivery;
  const fromSeq = chunk * chunkCustomers + 1;
  const toSeq = Math.min(record.staged, (chunk + 1) * chunkCustomers);
  const claim = { run, chunk, fromSeq, toSeq, claim: randomUUID() };
  const stopAsked = cancellationSignal();

  for (let waitMs = await claimChunk(ledger, claim); waitMs > 0; waitMs = await claimChunk(ledger, claim)) {
    await sleep(Math.min(waitMs, 1_000), undefined, { signal: stopAsked }).catch(() => undefined);
    if (stopAsked.aborted) return endOfStop(null);
  }
  const sent: Sent = { hold: null, lostAnswers: false, waiting: null };
  try {
    await settle(ledger, record, settleMs, stopAsked);
    await sendRequests(deps, record, claim, access, waitingShown ?? null, sent);
  } catch (error) {
    if (!(error instanceof FencedError)) throw error;
    // Trying again would send the same once more, and again could not record it.
    return { ...endOfStop(sent.waiting), leaseLost: true };
  } finally {
    // A claim that is not given back is taken over by its age; until then nobody sends this chunk.
    await releaseClaim(ledger, claim, sent.lostAnswers).catch(() => undefined);
  }
  const left = await unsettled(ledger, run, fromSeq, toSeq);
  const { hold, waiting } = sent;
  if (left.length > 0 && hold === null) return endOfStop(waiting);
  return { hold, waiting, leaseLost: false, done: left.length === 0 };
}

/** A stop that was asked for is a normal end; a worker that shuts down, or a run that is gone, is not. */
function endOfStop(waiting: Waiting | null): ChunkEnd {
  const { cancellationDetails } = Context.current();
  if (cancellationDetails?.cancelRequested !== true) cancellationSignal().throwIfAborted();
  return { hold: null, done: false, waiting, leaseLost: false };
}

/** The first request of a run keeps its distance from the last of the run before: Braze does not keep the order of quick calls. */
async function settle(
  ledger: Deps['ledger'],
  record: PreparedRecord,
  settleMs: number,
  stop: AbortSignal,
): Promise<void> {
  const agoMs = settleMs === 0 ? null : await sinceLastRequest(ledger, record.sync, record.run);
  if (agoMs === null || agoMs >= settleMs) return;
  await sleep(settleMs - agoMs, undefined, { signal: stop }).catch(() => undefined);
}

/** Of the attributes of which this run sends a value: what is refused here, and a removal, gives Braze no type. */
function typesOfValues({ settings, types, figures }: PreparedRecord): Record<string, AttributeType> {
  if (figures === null) return {};
  const withValues = settings.attributes.filter((_, index) => figures.valued[index]);
  return outgoingTypes({ ...settings, attributes: withValues }, types);
}

/** Has Braze refused too many so far? Judged after each chunk; an approved guard is not judged again in this run. */
async function judge(deps: Deps, record: PreparedRecord, input: ChunkInput): Promise<HoldReason | null> {
  const { accepted, rejected } = await sentSoFar(deps.ledger, record.run);
  const trip = judgeDelivery(
    record.settings.guards,
    { sentAccepted: accepted, sentRejected: rejected },
    input.approvedGuards,
  );
  if (trip === null) return null;
  return { cause: 'guard', guard: trip.guard, because: `${trip.sentence}. What was accepted stays, the rest waits.` };
}

import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { cancellationSignal, Context } from '@temporalio/activity';
import type { PackedRequest } from '../braze/packing';
import type { Misconfigured } from '../braze/response';
import { judgeDelivery } from '../guards/judge';
import { hasUncertain } from '../ledger/acknowledged';
import { claimChunk, claimsElsewhere, releaseClaim, type Fence } from '../ledger/claims';
import type { SendableRow } from '../ledger/outbox';
import { sentSoFar, sinceLastRequest, unsettled } from '../ledger/receipts';
import { hasOpenRejections } from '../ledger/rejections';
import { readRun, setWaitingFor } from '../ledger/runs';
import { rememberSentTypes } from '../ledger/sentTypes';
import type { AttributeType, ChunkInput, ChunkResult, HoldReason, Waiting } from '../types';
import { isPartial } from './backfillPart';
import { deliverRequest, type Road } from './deliverRequest';
import { unsentRequests } from './unsentRequests';
import type { Deps } from './deps';
import { holdReasonOf } from './failure';
import { ForgottenRows } from './forgottenRows';
import { heartbeating } from './heartbeating';
import type { RunWindow } from './inFlight';
import { rateOf, type Pace } from './pace';
import { outgoingTypes } from './planRun';
import { Recorder } from './recorder';
import { preparedRun, type PreparedRecord } from './runSettings';
import { Waits } from './waits';
import { workspaceAccess, type WorkspaceAccess } from './workspaceAccess';

/** A next slot farther away than this is no pace but a budget that is used up. */
const BUDGET_WAIT_MS = 30_000;

type Sending = Deps & {
  pace: (workspaceId: number, rate: ReturnType<typeof rateOf>) => Pace;
  window: (run: number, share: number) => RunWindow;
};

/** What this attempt found a person must mend; the first one counts. */
interface Outcome {
  hold: HoldReason | null;
  lostAnswers: boolean;
  waiting: Waiting | null;
}

/**
 * Posts one chunk: outbox rows → requests → Braze → receipts. Receipts decide what is left, so an attempt sends what has
 * none. A stop lets what is in flight finish and be recorded, and returns normally; so does a hold cause.
 */
export async function postChunk(deps: Sending, input: ChunkInput): Promise<ChunkResult> {
  const { ledger } = deps;
  return heartbeating(async () => {
    const record = await preparedRun(ledger, input.run);
    let hold: HoldReason | null = null;
    let done = false;
    let waiting: Waiting | null = null;
    let workspaceId: number | null = null;
    try {
      const access = await workspaceAccess(deps, record.settings.workspace, input.keyConfirmed);
      ({ workspaceId } = access);
      const pace = deps.pace(workspaceId, rateOf(record.settings.workspace.rateLimit));
      ({ hold, done, waiting } = await claimAndPost(deps, record, input, access, pace));
    } catch (error) {
      hold = holdReasonOf(error);
      if (hold === null) throw error;
    }
    const { accepted, rejected, requests } = await readRun(ledger, input.run);
    if (accepted > 0 && workspaceId !== null)
      await rememberSentTypes(ledger, workspaceId, input.run, typesOfValues(record));
    return { done, hold: hold ?? (await judge(deps, record, input)), waiting, accepted, rejected, requests };
  });
}

async function claimAndPost(
  deps: Sending,
  record: PreparedRecord,
  { run, chunk, waitingShown }: ChunkInput,
  access: WorkspaceAccess,
  pace: Pace,
): Promise<Pick<ChunkResult, 'hold' | 'done' | 'waiting'>> {
  const { ledger } = deps;
  const { chunkCustomers, settleMs } = record.settings.delivery;
  const fromSeq = chunk * chunkCustomers + 1;
  const toSeq = Math.min(record.staged, (chunk + 1) * chunkCustomers);
  const claim = { run, chunk, fromSeq, toSeq, claim: randomUUID() };
  const stopAsked = cancellationSignal();

  let claimedAtMs = Date.now();
  for (let waitMs = await claimChunk(ledger, claim); waitMs > 0; waitMs = await claimChunk(ledger, claim)) {
    await sleep(Math.min(waitMs, 1_000), undefined, { signal: stopAsked }).catch(() => undefined);
    if (stopAsked.aborted) return endOfStop(null);
    claimedAtMs = Date.now();
  }
  const outcome: Outcome = { hold: null, lostAnswers: false, waiting: null };
  try {
    await settle(ledger, record, settleMs, stopAsked);
    await post(deps, record, { ...claim, claimedAtMs }, access, pace, outcome, waitingShown ?? null);
  } finally {
    // A claim that is not given back is taken over by its age; until then nobody sends this chunk.
    await releaseClaim(ledger, claim, outcome.lostAnswers).catch(() => undefined);
  }
  const left = await unsettled(ledger, run, fromSeq, toSeq);
  const { hold, waiting } = outcome;
  if (left.length > 0 && hold === null) return endOfStop(waiting);
  return { hold, waiting, done: left.length === 0 };
}

/** A stop that was asked for is a normal end; a worker that shuts down, or a run that is gone, is not. */
function endOfStop(waiting: Waiting | null): Pick<ChunkResult, 'hold' | 'done' | 'waiting'> {
  const { cancellationDetails } = Context.current();
  if (cancellationDetails?.cancelRequested !== true) cancellationSignal().throwIfAborted();
  return { hold: null, done: false, waiting };
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

async function post(
  deps: Sending,
  record: PreparedRecord,
  {
    claimedAtMs,
    ...claim
  }: { run: number; chunk: number; fromSeq: number; toSeq: number; claim: string; claimedAtMs: number },
  access: WorkspaceAccess,
  pace: Pace,
  outcome: Outcome,
  waitingShown: string | null,
): Promise<void> {
  const { ledger } = deps;
  const { settings, targetId, run } = record;
  const fence: Fence = { sync: settings.sync, workspace: settings.workspace.name };
  const halt = new AbortController();
  const stop = AbortSignal.any([halt.signal, cancellationSignal()]);
  // Every request of the window listens to it.
  setMaxListeners(0, stop);
  let failure: { error: unknown } | null = null;
  const fail = (error: unknown) => {
    failure ??= { error };
    halt.abort();
  };

  const recorder = new Recorder(
    ledger,
    {
      ...claim,
      targetId,
      settleUncertain: await hasUncertain(ledger, targetId),
      settleRejections: await hasOpenRejections(ledger, targetId),
      partial: isPartial(record.request),
    },
    fence,
    record.inFlightPerChunk,
    fail,
    claimedAtMs,
  );
  const waits = new Waits({
    shown: waitingShown,
    note: (what) => void setWaitingFor(ledger, run, what).catch(() => undefined),
    // Ends the chunk as a stop does; the workflow then knows, and begins it again.
    changed: () => halt.abort(),
  });
  const road: Road = {
    client: access.client,
    chunk: claim.chunk,
    pace,
    stop,
    assertFresh: () => recorder.assertFresh(),
    forgotten: new ForgottenRows(ledger, claim),
    waits,
  };
  const window = deps.window(run, record.inFlightPerChunk);
  const lane = window.open(claim.chunk, claim.claim);
  const underWay = new Set<Promise<void>>();
  /** The shares of lanes from which no other process sends are this one's. */
  const takeShares = async () => {
    const elsewhere = await claimsElsewhere(ledger, run, window.claims);
    window.capacity = record.inFlightPerChunk * Math.max(1, settings.delivery.lanes - elsewhere);
  };
  const everySecond = setInterval(() => {
    if (waits.current === null && pace.nextInMs() > BUDGET_WAIT_MS) waits.failed("the workspace's request budget");
    takeShares().catch(() => undefined);
  }, 1_000);

  async function carry(request: PackedRequest<SendableRow>): Promise<void> {
    const end = await deliverRequest(request, road);
    if (end.kind !== 'decided') outcome.lostAnswers ||= end.lost;
    if (end.kind === 'misconfigured') {
      outcome.hold ??= holdFor(end.problem, access.keyAdvice);
      halt.abort();
    }
    await Promise.all(end.receipts.map((receipt) => recorder.record(receipt)));
  }

  try {
    await takeShares();
    for await (const request of unsentRequests(ledger, run, claim)) {
      await lane.enter();
      if (stop.aborted) {
        lane.leave();
        break;
      }
      const carried: Promise<void> = carry(request)
        .catch(fail)
        .finally(() => {
          lane.leave();
          underWay.delete(carried);
        });
      underWay.add(carried);
    }
  } finally {
    lane.exhaust();
    await Promise.all(underWay);
    lane.close();
    clearInterval(everySecond);
    outcome.waiting = waits.current;
    waits.close();
    recorder.close();
  }
  if (failure !== null) {
    // Something that was sent could not be recorded.
    outcome.lostAnswers = true;
    throw (failure as { error: unknown }).error;
  }
}

/** Of the attributes that have had a value at all: a removal gives Braze no type. */
function typesOfValues({ settings, types, figures }: PreparedRecord): Record<string, AttributeType> {
  if (figures === null) return {};
  const { compared, missing } = figures;
  const withValues = settings.attributes.filter((_, index) => missing[index]! < compared);
  return outgoingTypes({ ...settings, attributes: withValues }, types);
}

function holdFor({ problem, message }: Misconfigured, keyAdvice: string): HoldReason {
  if (problem === 'unknown-key' || problem === 'no-permission') {
    return { cause: 'refused-key', because: `${message}. ${keyAdvice}` };
  }
  const because = `${message}. If the address is right, retry. Else discard, mend restEndpoint and start again: this run keeps the address it began with.`;
  return { cause: 'wrong-endpoint', because };
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

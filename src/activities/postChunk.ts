import { cancellationSignal, Context } from '@temporalio/activity';
import { deliverChunk, type ChunkEnd } from '../delivery/deliverChunk';
import type { DeliveryDeps } from '../delivery/deliveryDeps';
import { judgeDelivery } from '../guards/judge';
import { sentSoFar } from '../ledger/receipts';
import { readRun } from '../ledger/runs';
import { rememberSentTypes } from '../ledger/sentTypes';
import { outgoingTypes } from '../planning/columnTypes';
import { holdReasonOf } from '../planning/holdError';
import { readPreparedRun, type PreparedRecord } from '../planning/preparedRun';
import { ensureWorkspaceAccess } from '../planning/workspaceAccess';
import type { ChunkInput, ChunkResult } from '../types/activities';
import type { Progress } from '../types/progress';
import type { HoldReason } from '../types/run';
import type { AttributeType } from '../types/settings';

/**
 * Posts one chunk: outbox rows → requests → Braze → receipts. Receipts decide what is left, so an attempt sends only what has
 * none. After a stop or a reason to hold, requests in flight finish and are recorded, and the activity returns normally.
 */
export async function postChunk(deps: DeliveryDeps, input: ChunkInput, progress: Progress): Promise<ChunkResult> {
  const { ledger } = deps;
  const { run, chunk, keyConfirmed } = input;
  const record = await readPreparedRun(ledger, run);
  let end: Omit<ChunkEnd, 'stopped'> = { done: false, hold: null, waiting: null, leaseLost: false };
  let workspaceId: number | null = null;
  try {
    const access = await ensureWorkspaceAccess(deps, record.settings.workspace, keyConfirmed);
    ({ workspaceId } = access);
    const delivered = await deliverChunk(deps, {
      record,
      chunk,
      access,
      waitingShown: input.waitingShown ?? null,
      stop: cancellationSignal(),
      progress,
    });
    if (delivered.stopped) rethrowUnlessAsked();
    end = delivered;
  } catch (error) {
    const hold = holdReasonOf(error);
    if (hold === null) throw error;
    end = { ...end, hold };
  }
  const { accepted, rejected, requests } = await readRun(ledger, run);
  if (accepted > 0 && workspaceId !== null) await rememberSentTypes(ledger, workspaceId, run, typesOfValues(record));
  const { done, waiting, leaseLost } = end;
  const hold = end.hold ?? (await judge(deps, record, input));
  return { done, hold, waiting, leaseLost, accepted, rejected, requests };
}

/** A requested stop is a normal end; a worker shutdown, or a run that no longer exists, is not. */
function rethrowUnlessAsked(): void {
  const { cancellationDetails } = Context.current();
  if (cancellationDetails?.cancelRequested !== true) cancellationSignal().throwIfAborted();
}

/** Types of the attributes that this run sends a value of. A rejected value or a removal gives Braze no type. */
function typesOfValues({ settings, types, figures }: PreparedRecord): Record<string, AttributeType> {
  if (figures === null) return {};
  const withValues = settings.attributes.filter((_, index) => figures.valued[index]);
  return outgoingTypes({ ...settings, attributes: withValues }, types);
}

/** Has Braze refused too many so far? Judged after each chunk; an approved guard is not judged again in this run. */
async function judge(deps: DeliveryDeps, record: PreparedRecord, input: ChunkInput): Promise<HoldReason | null> {
  const { accepted, rejected } = await sentSoFar(deps.ledger, record.run);
  const trip = judgeDelivery(
    record.settings.guards,
    { sentAccepted: accepted, sentRejected: rejected },
    input.approvedGuards,
  );
  if (trip === null) return null;
  return {
    cause: 'guard',
    guard: trip.guard,
    because: `${trip.sentence}. Accepted values stay at Braze; the rest is not sent yet.`,
  };
}

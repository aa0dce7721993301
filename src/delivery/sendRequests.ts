import { setMaxListeners } from 'node:events';
import { cancellationSignal } from '@temporalio/activity';
import type { Deps } from '../activities/dependencies';
import type { PackedRequest } from '../braze/packing';
import type { Misconfigured } from '../braze/response';
import { hasUncertain } from '../ledger/acknowledged';
import { claimsElsewhere, type Fence } from '../ledger/claims';
import type { SendableRow } from '../ledger/outbox';
import { hasOpenRejections } from '../ledger/rejections';
import { setWaitingFor } from '../ledger/runState';
import { isPartial } from '../planning/backfillScope';
import type { PreparedRecord } from '../planning/preparedRun';
import type { WorkspaceAccess } from '../planning/workspaceAccess';
import type { HoldReason, Waiting } from '../types/run';
import type { RunWindow } from './inFlightLimiter';
import { Waits } from './outageTracker';
import { rateOf } from './rate';
import type { Pace } from './rateLimiter';
import { Recorder } from './receiptWriter';
import { deliverRequest, type Road } from './sendRequest';
import { ForgottenRows } from './suppressionFilter';
import { unsentRequests } from './unsentRequests';

/** A next slot farther away than this is no pace but a budget that is used up. */
const BUDGET_WAIT_MS = 30_000;

export type Sending = Deps & {
  pace: (workspaceId: number, rate: ReturnType<typeof rateOf>) => Pace;
  window: (run: number, share: number) => RunWindow;
};

/** The chunk's rows, and the claim on them. */
interface ClaimedChunk {
  run: number;
  chunk: number;
  fromSeq: number;
  toSeq: number;
  claim: string;
}

/** How the sending ended; what is known of it when it fails, too. */
export interface Sent {
  /** What a person must mend; the first one counts. */
  hold: HoldReason | null;
  /** Whether something may have reached Braze without a receipt. */
  lostAnswers: boolean;
  /** What it was waiting for in the end. */
  waiting: Waiting | null;
}

/**
 * Sends what has no receipt of a chunk, as many requests at once as the run's window lets in, and records the answers. Ends when
 * everything has its receipt, when the activity is asked to stop, or with a hold; what is in flight then is waited for. Rejects with
 * {@link FencedError} when the claim or a lease is no longer this run's.
 */
export async function sendRequests(
  deps: Sending,
  record: PreparedRecord,
  claim: ClaimedChunk,
  access: WorkspaceAccess,
  waitingShown: string | null,
  sent: Sent,
): Promise<void> {
  const { ledger } = deps;
  const { settings, targetId, run } = record;
  const pace = deps.pace(access.workspaceId, rateOf(settings.workspace.rateLimit));
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
    record.inFlightPerLane,
    fail,
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
  const window = deps.window(run, record.inFlightPerLane);
  const lane = window.open(claim.chunk, claim.claim);
  const underWay = new Set<Promise<void>>();
  /** The shares of lanes from which no other process sends are this one's. */
  const takeShares = async () => {
    const elsewhere = await claimsElsewhere(ledger, run, window.claims);
    window.capacity = record.inFlightPerLane * Math.max(1, settings.delivery.lanes - elsewhere);
  };
  const everySecond = setInterval(() => {
    if (waits.current === null && pace.nextInMs() > BUDGET_WAIT_MS) waits.failed("the workspace's request budget");
    takeShares().catch(() => undefined);
  }, 1_000);

  async function carry(request: PackedRequest<SendableRow>): Promise<void> {
    const end = await deliverRequest(request, road);
    if (end.kind !== 'decided') sent.lostAnswers ||= end.lost;
    if (end.kind === 'misconfigured') {
      sent.hold ??= holdFor(end.problem, access.keyAdvice);
      halt.abort();
    }
    await Promise.all(end.receipts.map((receipt) => recorder.record(receipt)));
  }

  try {
    // A lease may be lost since it was granted: one look for all the first requests, and then nothing goes out.
    await recorder.assertFresh();
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
    // Something that was sent could not be recorded, whatever else has failed.
    if (failure !== null) sent.lostAnswers = true;
    lane.close();
    clearInterval(everySecond);
    sent.waiting = waits.current;
    waits.close();
    recorder.close();
  }
  if (failure !== null) throw (failure as { error: unknown }).error;
}

function holdFor({ problem, message }: Misconfigured, keyAdvice: string): HoldReason {
  if (problem === 'unknown-key' || problem === 'no-permission') {
    return { cause: 'refused-key', because: `${message}. ${keyAdvice}` };
  }
  const because = `${message}. If the address is right, retry. Else discard, mend restEndpoint and start again: this run keeps the address it began with.`;
  return { cause: 'wrong-endpoint', because };
}

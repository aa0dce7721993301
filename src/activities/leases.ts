import { ApplicationFailure } from '@temporalio/activity';
import { closeRun } from '../ledger/close';
import {
  askForLease as ask,
  releaseLease,
  clearPredecessor,
  takeOverLease,
  type Holder,
  type LeaseName,
} from '../ledger/leases';
import { setRunState } from '../ledger/runState';
import { openRuns, readRun, type RunRecord } from '../ledger/runs';
import { sendNotice } from '../notices/sendNotice';
import { requireConfiguredSync } from '../planning/configuredSync';
import { readOpenRun } from '../planning/preparedRun';
import type { LeaseAnswerForRun, LeaseRequest } from '../types/activities';
import type { LeaseKind } from '../types/run';
import type { Deps } from './dependencies';

/** How often a queued run asks again. Short, because the person who started it may be watching. */
const LOOK_AGAIN_MS = 1_000;

/** Asks once for a lease. The answer names the run ahead; asking again keeps the place in the queue. */
export async function askForLease(deps: Deps, { run, kind }: LeaseRequest): Promise<LeaseAnswerForRun> {
  const record = await readOpenRun(deps.ledger, run);
  const lease = leaseOf(deps, record, kind);
  const answer = await lookForLease(deps, record, lease);
  if (answer.granted) await setRunState(deps.ledger, run, kind === 'sync' ? 'extracting' : 'delivering');
  else await setRunState(deps.ledger, run, 'queued', { because: `Waiting for ${answer.behind}.` });
  return answer;
}

/**
 * Asks until it has the lease. Each refusal is a benign failure with its own retry delay, so waiting occupies no slot and adds
 * no history.
 */
export async function waitForLease(deps: Deps, request: LeaseRequest): Promise<LeaseAnswerForRun> {
  const answer = await askForLease(deps, request);
  if (answer.granted) return answer;
  throw ApplicationFailure.create({
    type: 'NotYet',
    message: `Waiting for ${answer.behind}`,
    nextRetryDelay: LOOK_AGAIN_MS,
    category: 'BENIGN',
  });
}

export async function giveBackWorkspace(deps: Deps, { run }: { run: number }): Promise<void> {
  const record = await readRun(deps.ledger, run);
  if (record.settings === null) return;
  await releaseLease(deps.ledger, leaseOf(deps, record, 'workspace'), run);
}

async function lookForLease(deps: Deps, record: RunRecord, lease: LeaseName): Promise<LeaseAnswerForRun> {
  const { ledger } = deps;
  const { run } = record;
  const asked = () => ask(ledger, lease, run, record.mode === 'backfill');
  let answer = await asked();
  if (!answer.granted && answer.holder !== null && !(await deps.workflows.isOpen(answer.holder))) {
    await takeOverLease(ledger, lease, answer.holder.run, run);
    answer = await asked();
  }
  if (!answer.granted) return { granted: false, behind: behind(lease, answer.holder, answer.waitMs) };
  if (answer.predecessor !== null) {
    // Its requests in flight have ended by now; only closing it shows which values are uncertain.
    await closeRun(ledger, answer.predecessor, 'incomplete', {
      because: `Its workflow ended without closing the run; run ${run} took over.`,
    });
    await clearPredecessor(ledger, lease, run);
    await sendNotice(deps, answer.predecessor);
  }
  if (lease.kind === 'sync') await closeAbandoned(deps, record);
  return { granted: true, behind: null };
}

/** Runs of this sync whose workflow was terminated while it waited hold no lease, but still look open. */
async function closeAbandoned(deps: Deps, record: RunRecord): Promise<void> {
  for (const other of await openRuns(deps.ledger, record.sync)) {
    if (other.run === record.run) continue;
    const gone = !(await deps.workflows.isOpen({ ...other, firstRunId: other.temporalRunId }));
    if (!gone) continue;
    await closeRun(deps.ledger, other.run, 'incomplete', { because: 'Its workflow ended without closing the run.' });
    await sendNotice(deps, other.run);
  }
}

function leaseOf(deps: Deps, record: RunRecord, kind: LeaseKind): LeaseName {
  if (kind === 'sync') return { kind, name: record.sync };
  const settings = record.settings ?? requireConfiguredSync(deps, record.sync).settings;
  return { kind, name: settings.workspace.name };
}

function behind(lease: LeaseName, holder: Holder | null, waitMs: number | null): string {
  const what = lease.kind === 'sync' ? `sync ${lease.name}` : `workspace ${lease.name}`;
  if (holder !== null) return `${what}, in use by run ${holder.run} of ${holder.sync}`;
  if (waitMs !== null) return `${what}: requests of a lost run may still reach Braze for ${Math.ceil(waitMs / 1000)} s`;
  return `${what}: another run is queued before this one`;
}

import { activityInfo } from '@temporalio/activity';
import { openRun as openInLedger, readRun } from '../ledger/runs';
import type { OpenedRun, OpenRunInput } from '../types';
import type { Deps } from './deps';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Opens the run's row, once per chain of executions, and tells the workflow what it needs before it has a lease. */
export async function openRun(deps: Deps, input: OpenRunInput): Promise<OpenedRun> {
  const { workflowExecution, workflowNamespace } = activityInfo();
  const { firstRunId, sync, mode, modelRun, since, until, selection, resend } = input;
  const run = await openInLedger(
    deps.ledger,
    {
      sync,
      mode,
      namespace: workflowNamespace!,
      workflowId: workflowExecution!.workflowId,
      firstRunId,
      request: { modelRun, since, until, selection, resend },
    },
    mode === 'backfill' ? 'queued' : 'waiting-for-model-run',
  );
  const { startedAt } = await readRun(deps.ledger, run);
  return { run, startedAt, holdForMs: holdFor(deps, sync), searchAttributes: deps.searchAttributes };
}

/** An invalid file holds the run later, with its reason; until then a day is how long it may be held. */
function holdFor(deps: Deps, sync: string): number {
  try {
    return deps.readConfiguration().syncs[sync]?.holdForMs ?? DAY_MS;
  } catch {
    return DAY_MS;
  }
}

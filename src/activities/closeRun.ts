import { closeRun as closeInLedger, UnsettledRunError } from '../ledger/close';
import { pruneLedger } from '../ledger/prune';
import { readRun, setRunState, type RunRecord } from '../ledger/runs';
import type { EndedState, RunSummary } from '../types/workflow';
import type { Deps } from './dependencies';
import { HoldError } from './failure';
import { tellPeople } from '../notices/sendNotice';

/** Records the run, however it ended, and gives everything back. */
export async function closeRun(deps: Deps, { run, end }: { run: number; end: EndedState }): Promise<RunSummary> {
  const { ledger } = deps;
  if (end === 'completed') await setRunState(ledger, run, 'recording');
  try {
    await closeInLedger(ledger, run, end);
  } catch (error) {
    if (!(error instanceof UnsettledRunError)) throw error;
    throw new HoldError({
      cause: 'unsettled',
      because: `${error.message} This is a defect of ours; nothing was recorded.`,
    });
  }
  await tellPeople(deps, run);
  await prune(deps);
  return toSummary(await readRun(ledger, run));
}

/** The run is recorded by now: what cannot be pruned today is pruned after the next run. */
async function prune(deps: Deps): Promise<void> {
  try {
    await pruneLedger(deps.ledger, deps.readConfiguration().ledger.retentionMs);
  } catch {
    deps.log.warn('The ledger could not be pruned; the next run tries again.');
  }
}

/** A run as commands print it and as the workflow returns it. */
export function toSummary(record: RunRecord): RunSummary {
  const { run, workflowId, temporalRunId, sync, mode, state, modelRun, windowFrom, windowTo } = record;
  const { candidates, changed, accepted, rejected, requests, valuesSent, startedAt, finishedAt } = record;
  const attributes = record.settings?.attributes.length ?? 0;
  return {
    ...{ run, workflowId, temporalRunId, sync, mode, state, modelRun, windowFrom, windowTo },
    ...{ candidates, changed, accepted, rejected, requests, valuesSent, refreshed: record.refreshed },
    valuesAvoided: Math.max(0, candidates * attributes - valuesSent),
    ...{ startedAt, finishedAt },
  };
}

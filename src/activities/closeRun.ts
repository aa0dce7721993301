import { closeRun as closeInLedger, UnreceiptedRowsError } from '../ledger/close';
import { pruneLedger } from '../ledger/prune';
import { setRunState } from '../ledger/runState';
import { toSummary } from '../ledger/runSummary';
import { readRun } from '../ledger/runs';
import { sendNotice } from '../notices/sendNotice';
import { HoldError } from '../planning/holdError';
import type { Progress } from '../types/progress';
import type { EndedState, RunSummary } from '../types/run';
import type { Deps } from './dependencies';

/** Records the run, however it ended, and releases its leases. */
export async function closeRun(
  deps: Deps,
  { run, end }: { run: number; end: EndedState },
  progress: Progress,
): Promise<RunSummary> {
  const { ledger } = deps;
  const onStep = () => progress.mark();
  if (end === 'completed') await setRunState(ledger, run, 'recording');
  try {
    await closeInLedger(ledger, run, end, { onStep });
  } catch (error) {
    if (!(error instanceof UnreceiptedRowsError)) throw error;
    throw new HoldError({
      cause: 'unsettled',
      because: `${error.message} This is a bug in peak-braze; nothing was recorded.`,
    });
  }
  await sendNotice(deps, run);
  await prune(deps, onStep);
  return toSummary(await readRun(ledger, run));
}

/** The run is recorded by now: the next run prunes what this one cannot. */
async function prune(deps: Deps, onStep: () => void): Promise<void> {
  try {
    await pruneLedger(deps.ledger, deps.readConfiguration().ledger.retentionMs, onStep);
  } catch {
    deps.log.warn('The ledger could not be pruned; the next run tries again.');
  }
}

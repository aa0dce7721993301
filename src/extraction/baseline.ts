import { type Baseline, baselineOfRuns } from '../guards/baseline';
import type { Ledger } from '../ledger/open';
import { lastChangesRuns } from '../ledger/runs';
import { figuresOf } from './figures';

/** Two months of a weekly sync, a week of a daily one. */
const RUNS_LOOKED_AT = 8;

/** What each guard's figure usually is for this target: the median over its last recorded `changes` runs. */
export async function baselineOf(ledger: Ledger, targetId: number): Promise<Baseline> {
  const runs = await lastChangesRuns(ledger, targetId, RUNS_LOOKED_AT);
  return baselineOfRuns(
    runs.flatMap(({ settings, ...run }) => (settings === null ? [] : figuresOf({ ...run, settings }))),
  );
}

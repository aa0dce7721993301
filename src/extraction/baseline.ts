import { type Baseline, baselineOfRuns } from '../guards/baseline';
import type { Ledger } from '../ledger/open';
import { lastChangesRuns } from '../ledger/runs';
import { figuresOf } from './figures';

/** Two months of a weekly sync, a week of a daily one. */
const BASELINE_RUNS = 8;

/** The usual figure of each guard for this target: the median over its last recorded `changes` runs. */
export async function baselineOf(ledger: Ledger, targetId: number): Promise<Baseline> {
  const runs = await lastChangesRuns(ledger, targetId, BASELINE_RUNS);
  return baselineOfRuns(
    runs.flatMap(({ settings, ...run }) => (settings === null ? [] : figuresOf({ ...run, settings }))),
  );
}

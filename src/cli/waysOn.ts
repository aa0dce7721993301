import type { RunRecord } from '../ledger/runs';

/** For a run that is held or paused: the commands to type, one a line. */
export function waysOn({ sync, run, state, hold }: RunRecord): string[] {
  if (state === 'paused') return [`  go on    peak-braze resume ${sync}`, `  drop     peak-braze discard ${sync}`];
  if (state !== 'held') return [];
  return [
    `  look     peak-braze status ${sync}   (run ${run}, hold ${hold})`,
    `  mended   peak-braze retry ${sync}`,
    `  send     peak-braze approve ${sync}`,
    `  drop     peak-braze discard ${sync}`,
  ];
}

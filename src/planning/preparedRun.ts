import type { Ledger } from '../ledger/open';
import { readRun, type RunRecord } from '../ledger/runs';
import type { SyncSettings } from '../types/settings';

/**
 * A run that has been prepared. It keeps its own copy of the sync's settings, regardless of later changes of the config file.
 */
export type PreparedRecord = RunRecord & {
  settings: SyncSettings;
  types: Record<string, string>;
  targetId: number;
  windowTo: string;
  /**
   * A lane's share of the requests in flight; a process that sends from several lanes may lend one chunk the shares of the
   * others.
   */
  inFlightPerLane: number;
};

/**
 * A run's row, with what preparing has added.
 *
 * @throws RunEndedError when the run has ended
 */
export async function readPreparedRun(ledger: Ledger, run: number): Promise<PreparedRecord> {
  const record = await readOpenRun(ledger, run);
  if (record.settings === null) throw new Error(`Run ${run} has not been prepared.`);
  return record as PreparedRecord;
}

/** The run has ended, but a workflow that was reset still works on it: nothing more may be done for the run. */
export class RunEndedError extends Error {
  override readonly name = 'RunEndedError';
}

/**
 * A run's row, while the run is open.
 *
 * @throws RunEndedError when the run has ended
 */
export async function readOpenRun(ledger: Ledger, run: number): Promise<RunRecord> {
  const record = await readRun(ledger, run);
  if (record.finishedAt === null) return record;
  throw new RunEndedError(`Run ${run} has ended as ${record.state}. Start a new one.`);
}

import type { Ledger } from '../ledger/open';
import { readRun, type RunRecord } from '../ledger/runs';
import type { SyncSettings } from '../types/settings';

/** A run that has been prepared: its own copy of the sync decides, whatever the file says by now. */
export type PreparedRecord = RunRecord & {
  settings: SyncSettings;
  types: Record<string, string>;
  targetId: number;
  windowTo: string;
  /** A lane's share of the window; a process that sends from several lanes may lend one chunk theirs. */
  inFlightPerLane: number;
};

export async function preparedRun(ledger: Ledger, run: number): Promise<PreparedRecord> {
  const record = await openRecord(ledger, run);
  if (record.settings === null) throw new Error(`Run ${run} has not been prepared.`);
  return record as PreparedRecord;
}

/** The run is over, and a workflow that was reset goes on with it: nothing may be done for it any more. */
export class RunEndedError extends Error {
  override readonly name = 'RunEndedError';
}

/** A run's row, as long as it is open. A workflow that was reset may go on with a run that has ended: it must not, which is a {@link RunEndedError}. */
export async function openRecord(ledger: Ledger, run: number): Promise<RunRecord> {
  const record = await readRun(ledger, run);
  if (record.finishedAt === null) return record;
  throw new RunEndedError(`Run ${run} has ended as ${record.state}. Start a new one.`);
}

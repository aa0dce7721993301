import type { Ledger } from '../ledger/open';
import { readRun, type RunRecord } from '../ledger/runs';
import type { SyncSettings } from '../types';

/** A run that has been prepared: its own copy of the sync decides, whatever the file says by now. */
export type PreparedRecord = RunRecord & {
  settings: SyncSettings;
  types: Record<string, string>;
  targetId: number;
  windowTo: string;
  inFlightPerChunk: number;
};

export async function preparedRun(ledger: Ledger, run: number): Promise<PreparedRecord> {
  const record = await readRun(ledger, run);
  if (record.settings === null) throw new Error(`Run ${run} has not been prepared.`);
  return record as PreparedRecord;
}

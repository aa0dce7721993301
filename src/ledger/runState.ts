import type { RunState, EndedState, HoldCause } from '../types/run';
import type { SyncSettings } from '../types/settings';
import type { Ledger } from './open';

export interface Preparation {
  targetId: number;
  settings: SyncSettings;
  types: Record<string, string>;
  fingerprint: string;
  wholeStore: boolean;
  windowFrom: string | null;
  windowTo: string;
  inFlightPerLane: number;
}

/** Keeps what this run works with, once: a second preparation finds the first one's window and mapping. */
export async function prepareRun(ledger: Ledger, run: number, preparation: Preparation): Promise<void> {
  await ledger.raw(
    `update runs set target_id = ?, settings = ?, types = ?, fingerprint = ?, whole_store = ?, window_from = ?, window_to = ?,
            in_flight_per_chunk = ?
      where number = ? and settings is null`,
    [
      preparation.targetId,
      JSON.stringify(preparation.settings),
      JSON.stringify(preparation.types),
      preparation.fingerprint,
      preparation.wholeStore,
      preparation.windowFrom,
      preparation.windowTo,
      preparation.inFlightPerLane,
      run,
    ],
  );
}

/** Of a run whose window is not settled yet: after that its rows are those of the model run it has. */
export async function setModelRun(
  ledger: Ledger,
  run: number,
  id: string | null,
  completedAt: string | null,
  rows: number | null = null,
): Promise<void> {
  await ledger.raw(
    `update runs set model_run = ?, model_run_completed_at = ?, model_run_rows = ?
      where number = ? and settings is null and finished_at is null`,
    [id, completedAt, rows, run],
  );
}

/** The state as people see it. An ended run keeps its end. */
export async function setRunState(
  ledger: Ledger,
  run: number,
  state: Exclude<RunState, EndedState>,
  detail: { hold?: number; cause?: HoldCause; because?: string } = {},
): Promise<void> {
  const stops = state === 'paused' || state === 'held';
  await ledger.raw(
    `update runs set state_since = case when state = ? then state_since else now() end, state = ?, hold = ?, hold_cause = ?,
            held_because = ?, waiting_for = null, waiting_since = null,
            stopped_at = case when ? then coalesce(stopped_at, now()) else stopped_at end
      where number = ? and finished_at is null`,
    [state, state, detail.hold ?? null, detail.cause ?? null, detail.because ?? null, stops, run],
  );
}

/** What a run waits out by itself ("Braze 503"), or null when it goes on. */
export async function setWaitingFor(ledger: Ledger, run: number, what: string | null): Promise<void> {
  await ledger.raw(
    `update runs set waiting_since = case when ?::text is null then null when waiting_for = ? then waiting_since else now() end,
            waiting_for = ?
      where number = ? and finished_at is null and waiting_for is distinct from ?`,
    [what, what, what, run, what],
  );
}

import type { RunState, EndedState, HoldCause } from '../types/run';
import type { SyncSettings } from '../types/settings';
import type { TenantTime } from '../types/values';
import type { Ledger } from './open';
import { query } from './query';

/** What a run works with once it is prepared. */
export interface Preparation {
  targetId: number;
  settings: SyncSettings;
  /** Database type of each mapped column. */
  types: Record<string, string>;
  /** Of the mapping. */
  fingerprint: string;
  wholeStore: boolean;
  windowFrom: TenantTime | null;
  windowTo: TenantTime;
  /** Requests of one lane that may be without a receipt. */
  inFlightPerLane: number;
}

/** Records what this run works with, once: a second preparation keeps the window and mapping of the first. */
export async function prepareRun(ledger: Ledger, run: number, preparation: Preparation): Promise<void> {
  const { targetId, fingerprint, wholeStore, windowFrom, windowTo, inFlightPerLane } = preparation;
  await query(
    ledger,
    `update runs set target_id = :targetId, settings = :settings, types = :types, fingerprint = :fingerprint,
            whole_store = :wholeStore, window_from = :windowFrom, window_to = :windowTo, in_flight_per_chunk = :inFlightPerLane
      where number = :run and settings is null`,
    {
      run,
      targetId,
      settings: JSON.stringify(preparation.settings),
      types: JSON.stringify(preparation.types),
      fingerprint,
      wholeStore,
      windowFrom,
      windowTo,
      inFlightPerLane,
    },
  );
}

/** The model run whose values a run syncs. */
export interface TakenModelRun {
  id: string | null;
  /** Null: announced by signal. */
  completedAt: TenantTime | null;
  /** Rows that it states it wrote; null: it states none, or was synced before. */
  rows: number | null;
}

/** Records which model run a run takes, until its window is decided: after that it keeps the model run it has. */
export async function setModelRun(
  ledger: Ledger,
  run: number,
  { id, completedAt, rows }: TakenModelRun,
): Promise<void> {
  await query(
    ledger,
    `update runs set model_run = :id, model_run_completed_at = :completedAt, model_run_rows = :rows
      where number = :run and settings is null and finished_at is null`,
    { id, completedAt, rows, run },
  );
}

/** Records the state as users see it. An ended run keeps its final state. */
export async function setRunState(
  ledger: Ledger,
  run: number,
  state: Exclude<RunState, EndedState>,
  detail: { hold?: number; cause?: HoldCause; because?: string } = {},
): Promise<void> {
  const stops = state === 'paused' || state === 'held';
  await query(
    ledger,
    `update runs set state_since = case when state = :state then state_since else now() end, state = :state, hold = :hold, hold_cause = :cause,
            held_because = :because, waiting_for = null, waiting_since = null,
            stopped_at = case when :stops then coalesce(stopped_at, now()) else stopped_at end
      where number = :run and finished_at is null`,
    {
      run,
      state,
      stops,
      hold: detail.hold ?? null,
      cause: detail.cause ?? null,
      because: detail.because ?? null,
    },
  );
}

/** Records what a run retries until it succeeds ("Braze 503"), or null when it continues. */
export async function setWaitingFor(ledger: Ledger, run: number, what: string | null): Promise<void> {
  await query(
    ledger,
    `update runs set waiting_since = case when :what::text is null then null when waiting_for = :what then waiting_since else now() end,
            waiting_for = :what
      where number = :run and finished_at is null and waiting_for is distinct from :what`,
    { run, what },
  );
}

import type { HoldCause, RunCounts, RunIdentity, RunRequest, RunScope, RunState } from '../types/run';
import type { SyncSettings } from '../types/settings';
import type { IsoTime, TenantTime } from '../types/values';
import type { Ledger } from './open';
import { query, type Binding } from './query';
import { COMPLETED, ISO } from './sql';

/** The ledger has no run of this number. */
export class RunNotFoundError extends Error {
  override readonly name = 'RunNotFoundError';

  constructor(run: number) {
    super(`There is no run ${run} in the ledger.`);
  }
}

/** A run to be opened. */
export interface NewRun extends Pick<RunIdentity, 'sync' | 'mode' | 'workflowId'> {
  namespace: string;
  /** Run id of the workflow's first execution: the run's identity over continue-as-new. */
  firstRunId: string;
  request: RunRequest;
}

/** What extraction counted in addition to changes; lists in the order of the mapping's attributes. */
export interface ExtractionFigures {
  /** Customers with a row that was compared. */
  compared: number;
  /** Of those, without a value. */
  missing: number[];
  /** Of those, with a number outside the attribute's range. */
  outOfRange: number[];
  /** Whether any customer is sent a value of it, rather than nothing or removals. */
  valued: boolean[];
}

/** A run as its ledger row shows it. */
export interface RunRecord extends RunIdentity, RunScope, RunCounts {
  namespace: string;
  request: RunRequest;
  state: RunState;
  stateSince: IsoTime;
  hold: number | null;
  holdCause: HoldCause | null;
  heldBecause: string | null;
  /** Its first pause or hold. */
  stoppedAt: IsoTime | null;
  /** What it retries until it succeeds, `Braze 503`. */
  waitingFor: string | null;
  waitingSince: IsoTime | null;
  targetId: number | null;
  settings: SyncSettings | null;
  /** Database type of each mapped column, as found when the run was prepared. */
  types: Record<string, string> | null;
  fingerprint: string | null;
  wholeStore: boolean;
  modelRunCompletedAt: TenantTime | null;
  /** Rows that the model run states it wrote; null: it states none, or was synced before. */
  modelRunRows: number | null;
  /** Null: nothing was compared yet, or by a version that did not count it. */
  figures: ExtractionFigures | null;
  extracted: boolean;
  /** Last sequence number in the outbox. */
  staged: number;
  /** Requests of one lane that may be without a receipt. */
  inFlightPerLane: number | null;
  plannedValues: number;
  knownChanged: number;
  knownCleared: number;
  knownCustomers: number;
  newlyRejected: number;
  /** Part of `changed`: customers whose values are only sent again because of their age. */
  refreshed: number;
  startedAt: IsoTime;
  finishedAt: IsoTime | null;
}

/** While a run is open its receipts are the count; closing writes the totals into the row, because receipts are pruned. */
const SELECT_RUN = `
  select r.number as "run", r.sync, r.mode, r.namespace, r.workflow_id as "workflowId", r.first_run_id as "temporalRunId",
         r.request, r.state, to_char(r.state_since, ${ISO}) as "stateSince", r.hold, r.hold_cause as "holdCause",
         r.held_because as "heldBecause", to_char(r.stopped_at, ${ISO}) as "stoppedAt",
         r.waiting_for as "waitingFor", to_char(r.waiting_since, ${ISO}) as "waitingSince", r.target_id as "targetId",
         r.settings, r.types, r.fingerprint, r.whole_store as "wholeStore", r.model_run as "modelRun",
         r.model_run_completed_at as "modelRunCompletedAt", r.model_run_rows as "modelRunRows", r.figures, r.window_from as "windowFrom", r.window_to as "windowTo",
         r.extracted, r.staged, r.in_flight_per_chunk as "inFlightPerLane", r.candidates, r.changed,
         r.planned_values as "plannedValues", r.known_changed as "knownChanged", r.known_cleared as "knownCleared",
         r.known_customers as "knownCustomers", r.newly_rejected as "newlyRejected", r.refreshed,
         coalesce(s.accepted, r.accepted) as "accepted",
         coalesce(s.rejected + r.rejected_before_sending, r.rejected) as "rejected",
         coalesce(s.requests, r.requests) as "requests", coalesce(s.values_sent, r.values_sent) as "valuesSent",
         to_char(r.started_at, ${ISO}) as "startedAt", to_char(r.finished_at, ${ISO}) as "finishedAt"
    from runs r
    left join lateral (
      select coalesce(sum(accepted), 0)::int as accepted, coalesce(sum(rejected), 0)::int as rejected,
             coalesce(sum(requests), 0)::int as requests, coalesce(sum(values_sent), 0)::int as values_sent
        from receipts where run = r.number
    ) s on r.finished_at is null`;

/** Rows of runs; `rest` begins after the join. */
async function select(ledger: Ledger, rest: string, bindings: Readonly<Record<string, Binding>>): Promise<RunRecord[]> {
  return (await query<RunRecord>(ledger, `${SELECT_RUN} ${rest}`, bindings)).rows;
}

/** Opens a run, or finds the one that this workflow opened before; returns its number. */
export async function openRun(ledger: Ledger, run: NewRun, state: RunState): Promise<number> {
  const { sync, mode, namespace, workflowId, firstRunId } = run;
  const { rows } = await query<{ number: number }>(
    ledger,
    `insert into runs (sync, mode, namespace, workflow_id, first_run_id, request, state)
     values (:sync, :mode, :namespace, :workflowId, :firstRunId, :request, :state)
     on conflict (first_run_id) do update set workflow_id = excluded.workflow_id returning number`,
    { sync, mode, namespace, workflowId, firstRunId, request: JSON.stringify(run.request), state },
  );
  return rows[0]!.number;
}

/**
 * A run that was opened.
 *
 * @throws {RunNotFoundError} there is no such run
 */
export async function readRun(ledger: Ledger, run: number): Promise<RunRecord> {
  const record = await findRunByNumber(ledger, run);
  if (record === null) throw new RunNotFoundError(run);
  return record;
}

/** The run of a number that a person typed; null: there is none. */
export async function findRunByNumber(ledger: Ledger, run: number): Promise<RunRecord | null> {
  const [record] = await select(ledger, 'where r.number = :run', { run });
  return record ?? null;
}

/** The run a workflow opened, or null when it has not opened one yet. */
export async function findRun(ledger: Ledger, firstRunId: string): Promise<RunRecord | null> {
  const [record] = await select(ledger, 'where r.first_run_id = :firstRunId', { firstRunId });
  return record ?? null;
}

/** Runs of a sync, newest first. */
export async function listRuns(ledger: Ledger, sync: string, limit: number): Promise<RunRecord[]> {
  return select(ledger, 'where r.sync = :sync order by r.number desc limit :limit', { sync, limit });
}

/**
 * Runs of a sync that were started in a month of UTC, newest first.
 *
 * @param month `2026-11`
 */
export async function runsOfMonth(ledger: Ledger, sync: string, month: string): Promise<RunRecord[]> {
  return select(
    ledger,
    `where r.sync = :sync and date_trunc('month', r.started_at at time zone 'UTC') = :firstDay::date order by r.number desc`,
    { sync, firstDay: `${month}-01` },
  );
}

/** Runs of a sync that have not ended, oldest first. */
export async function openRuns(ledger: Ledger, sync: string): Promise<RunRecord[]> {
  return select(ledger, 'where r.sync = :sync and r.finished_at is null order by r.number', { sync });
}

/** The last run of a sync that was recorded; null: none was yet. */
export async function lastRecorded(ledger: Ledger, sync: string): Promise<RunRecord | null> {
  const [record] = await select(
    ledger,
    `where r.sync = :sync and r.state in ${COMPLETED} order by r.number desc limit 1`,
    { sync },
  );
  return record ?? null;
}

/**
 * The last recorded `changes` runs of a target, newest first: what is usual for it. A first run, or one after the mapping
 * changed, compares the whole source table and is not usual.
 */
export async function lastChangesRuns(ledger: Ledger, targetId: number, limit: number): Promise<RunRecord[]> {
  return select(
    ledger,
    `where r.target_id = :targetId and r.mode = 'changes' and not r.whole_store and r.state in ${COMPLETED}
      order by r.number desc limit :limit`,
    { targetId, limit },
  );
}

/** Each sync that ever sent something, with the settings of its last run that did. */
export async function sentSettings(ledger: Ledger): Promise<Map<string, SyncSettings>> {
  const { rows } = await query<{ sync: string; settings: SyncSettings }>(
    ledger,
    'select distinct on (sync) sync, settings from runs where settings is not null and accepted > 0 order by sync, number desc',
  );
  return new Map(rows.map(({ sync, settings }) => [sync, settings]));
}

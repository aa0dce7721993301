import type { TenantTime } from '../types/values';
import type { Ledger } from './open';
import { query } from './query';
import { COMPLETED, RECORDED } from './sql';

/** The last recorded `changes` or `full` run of a target: a backfill provides no watermark, model run or mapping. */
export interface LastSync {
  run: number;
  /** The watermark: greatest upper bound so far. */
  windowTo: TenantTime;
  fingerprint: string;
  /** A run since then, recorded or not, has changed profiles by another mapping, or removed an attribute that is mapped. */
  mappingLeft: boolean;
  modelRun: string | null;
  modelRunCompletedAt: TenantTime | null;
}

/** On which day (whole days since 1970, UTC) the sync last recorded a `changes` or `full` run of this target; null: never. */
export async function lastSyncDay(ledger: Ledger, targetId: number): Promise<number | null> {
  const { rows } = await query<{ day: number | null }>(
    ledger,
    `select floor(extract(epoch from max(started_at)) / 86400)::int as day from runs where ${RECORDED}`,
    { targetId },
  );
  return rows[0]!.day;
}

/**
 * The last recorded sync of a target; null before the first.
 *
 * @param attributes attribute names of the mapping
 */
export async function lastSync(ledger: Ledger, targetId: number, attributes: string[]): Promise<LastSync | null> {
  const { rows } = await query<LastSync>(
    ledger,
    `select number as run, fingerprint, model_run as "modelRun", model_run_completed_at as "modelRunCompletedAt",
            (select window_to from runs where ${RECORDED} order by window_to::timestamptz desc limit 1) as "windowTo",
            exists (select from runs other where other.target_id = last.target_id and other.finished_at > last.finished_at
                       and other.accepted > 0
                       and case when other.request ->> 'clear' is null then other.fingerprint is distinct from last.fingerprint
                                else other.request ->> 'clear' = any(:attributes::text[]) end) as "mappingLeft"
       from runs last where ${RECORDED} order by finished_at desc, number desc limit 1`,
    { targetId, attributes },
  );
  return rows[0] ?? null;
}

/** A model run that was synced. */
export interface SyncedModelRun {
  id: string;
  completedAt: TenantTime;
}

/**
 * The model run of the last recorded run, for any target; null before the first. Not the one with the greatest time: a wrong date
 * would end every later wait without a model run.
 */
export async function lastModelRun(ledger: Ledger, sync: string): Promise<SyncedModelRun | null> {
  const { rows } = await query<SyncedModelRun>(
    ledger,
    `select model_run as id, model_run_completed_at as "completedAt" from runs
      where sync = :sync and mode in ('changes', 'full') and state in ${COMPLETED}
        and model_run_completed_at is not null
      order by finished_at desc, number desc limit 1`,
    { sync },
  );
  return rows[0] ?? null;
}

/**
 * The lower bound of a window: the earlier of the watermark minus the lookback window and a model run's start.
 *
 * @param earliestStart null: model runs record no start
 */
export async function lowerBound(
  ledger: Ledger,
  watermark: TenantTime,
  overlapMs: number,
  earliestStart: TenantTime | null,
): Promise<TenantTime> {
  const { rows } = await query<{ bound: TenantTime }>(
    ledger,
    `select least(:watermark::timestamptz - make_interval(secs => :overlapSeconds), :earliestStart::timestamptz)::text as bound`,
    { watermark, overlapSeconds: overlapMs / 1000, earliestStart },
  );
  return rows[0]!.bound;
}

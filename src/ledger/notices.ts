import type { IsoTime } from '../types/values';
import type { Ledger } from './open';
import { query } from './query';
import { ISO } from './sql';

/** A notification that was not delivered, as commands show it. */
export interface FailedNotice {
  run: number;
  change: string;
  at: IsoTime;
  /** `HTTP 500`, `timeout` … */
  code: string;
}

/** Whether this change still needs a notification: an attempt that crashed left it open, one that ended did not. */
export async function beginNotice(ledger: Ledger, run: number, change: string): Promise<boolean> {
  const { rowCount } = await query(
    ledger,
    `insert into notices (run, change) values (:run, :change)
     on conflict (run, change) do update set at = clock_timestamp() where not notices.delivered and notices.failed is null
     returning 1`,
    { run, change },
  );
  return rowCount > 0;
}

/**
 * Records how a notification ended.
 *
 * @param failed a short code; null: it was delivered
 */
export async function finishNotice(ledger: Ledger, run: number, change: string, failed: string | null): Promise<void> {
  await query(
    ledger,
    'update notices set delivered = :delivered, failed = :failed where run = :run and change = :change',
    { delivered: failed === null, failed, run, change },
  );
}

/** The last change of a run that people were notified of, or should have been. */
export async function lastNotice(ledger: Ledger, run: number): Promise<string | null> {
  const { rows } = await query<{ change: string }>(
    ledger,
    'select change from notices where run = :run order by at desc limit 1',
    { run },
  );
  return rows[0]?.change ?? null;
}

/** Whether people know of a problem: this run was held, or the one before it did not end as `completed`. */
export async function hadTrouble(ledger: Ledger, sync: string, run: number): Promise<boolean> {
  const { rows } = await query<{ trouble: boolean }>(
    ledger,
    `select exists (select from notices where run = :run and change like 'held-%')
         or coalesce((select state <> 'completed' from runs
                       where sync = :sync and number < :run and finished_at is not null order by number desc limit 1), false) as trouble`,
    { run, sync },
  );
  return rows[0]!.trouble;
}

/** The newest notification of a sync, if it was not delivered. */
export async function failedNotice(ledger: Ledger, sync: string): Promise<FailedNotice | null> {
  const { rows } = await query<FailedNotice>(
    ledger,
    `select * from (
       select n.run, n.change, to_char(n.at at time zone 'UTC', ${ISO}) as at, n.failed as code
         from notices n join runs r on r.number = n.run where r.sync = :sync and (n.delivered or n.failed is not null)
        order by n.at desc limit 1
     ) newest where code is not null`,
    { sync },
  );
  return rows[0] ?? null;
}

import type { Ledger } from './open';

/** A notice as people see it when it did not arrive. */
export interface FailedNotice {
  run: number;
  change: string;
  /** ISO 8601. */
  at: string;
  /** `HTTP 500`, `timeout` … */
  code: string;
}

/** Whether this change is still to be told: an attempt that died on the way left it open, one that ended did not. */
export async function beginNotice(ledger: Ledger, run: number, change: string): Promise<boolean> {
  const { rows } = await ledger.raw(
    `insert into notices (run, change) values (?, ?)
     on conflict (run, change) do update set at = clock_timestamp() where not notices.delivered and notices.failed is null
     returning 1`,
    [run, change],
  );
  return rows.length > 0;
}

/** @param failed a short code; null: it arrived */
export async function settleNotice(ledger: Ledger, run: number, change: string, failed: string | null): Promise<void> {
  await ledger.raw('update notices set delivered = ?, failed = ? where run = ? and change = ?', [
    failed === null,
    failed,
    run,
    change,
  ]);
}

/** What people were last told of a run, or should have been. */
export async function lastNotice(ledger: Ledger, run: number): Promise<string | null> {
  const { rows } = await ledger.raw('select change from notices where run = ? order by at desc limit 1', [run]);
  return rows[0]?.change ?? null;
}

/** Whether something went wrong that people know of: this run was held, or the one before it did not simply complete. */
export async function hadTrouble(ledger: Ledger, sync: string, run: number): Promise<boolean> {
  const { rows } = await ledger.raw(
    `select exists (select from notices where run = ? and change like 'held-%')
         or coalesce((select state <> 'completed' from runs
                       where sync = ? and number < ? and finished_at is not null order by number desc limit 1), false) as trouble`,
    [run, sync, run],
  );
  return rows[0].trouble;
}

/** The newest notice of a sync, when that one did not arrive. */
export async function failedNotice(ledger: Ledger, sync: string): Promise<FailedNotice | null> {
  const { rows } = await ledger.raw(
    `select * from (
       select n.run, n.change, to_char(n.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, n.failed as code
         from notices n join runs r on r.number = n.run where r.sync = ? and (n.delivered or n.failed is not null)
        order by n.at desc limit 1
     ) newest where code is not null`,
    [sync],
  );
  return rows[0] ?? null;
}

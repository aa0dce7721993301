import type { Ledger } from './open';

/** Rows a statement deletes at most: ten million at once would be one transaction that everybody waits for. */
const STEP = 50_000;

/** What is kept for looking back only. Runs stay: they are small, and the record of what was done. */
const PRUNED = [
  `receipts where run in (select number from runs where finished_at < now() - make_interval(secs => ?))`,
  `rejections where not open and at < now() - make_interval(secs => ?)`,
  `notices where at < now() - make_interval(secs => ?)`,
  `selections where at < now() - make_interval(secs => ?)`,
];

/** Deletes what is older than the config's `retention`: receipts of ended runs, closed rejections, notices, lists of backfills. */
export async function pruneLedger(ledger: Ledger, retentionMs: number): Promise<void> {
  for (const rows of PRUNED) {
    const [table] = rows.split(' ', 1);
    for (let deleted = STEP; deleted === STEP;) {
      const { rowCount } = await ledger.raw(
        `delete from ${table} where ctid = any(array(select ctid from ${rows} limit ${STEP}))`,
        [retentionMs / 1000],
      );
      deleted = rowCount;
    }
  }
}

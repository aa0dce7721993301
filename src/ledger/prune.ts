import type { Ledger } from './open';
import { query } from './query';

/** The most rows that a statement deletes: ten million at once would be one long transaction that blocks others. */
const STEP = 50_000;

/** What is kept only as history. Runs stay: they are small, and the record of what was done. */
const PRUNED = [
  `receipts where run in (select number from runs where finished_at < now() - make_interval(secs => :keptSeconds))`,
  `rejections where not open and at < now() - make_interval(secs => :keptSeconds)`,
  `notices where at < now() - make_interval(secs => :keptSeconds)`,
  `selections where at < now() - make_interval(secs => :keptSeconds)`,
];

/**
 * Deletes what is older than the config's `retention`: receipts of ended runs, closed rejections, notifications, lists of
 * backfills.
 */
export async function pruneLedger(ledger: Ledger, retentionMs: number, onStep?: () => void): Promise<void> {
  for (const rows of PRUNED) {
    const [table] = rows.split(' ', 1);
    for (let deleted = STEP; deleted === STEP;) {
      const { rowCount } = await query(
        ledger,
        `delete from ${table} where ctid = any(array(select ctid from ${rows} limit :step))`,
        { keptSeconds: retentionMs / 1000, step: STEP },
      );
      deleted = rowCount;
      onStep?.();
    }
  }
}

import { SENDING } from '../types/sendingTimes';
import type { Ledger } from './open';
import { withConnection } from './open';

/** The two leases under which a chunk sends. */
export interface Fence {
  sync: string;
  workspace: string;
}

/**
 * Claims a chunk for one attempt. Gives 0 when it is claimed, else how long to wait (ms) until an earlier claim that was
 * not given back may be taken over.
 */
export async function claimChunk(
  ledger: Ledger,
  { run, chunk, fromSeq, toSeq, claim }: { run: number; chunk: number; fromSeq: number; toSeq: number; claim: string },
): Promise<number> {
  const claimed = await ledger.raw(
    `insert into claims as c (run, chunk, claim, from_seq, to_seq) values (?, ?, ?, ?, ?)
     on conflict (run, chunk) do update
        set claim = excluded.claim, renewed_at = clock_timestamp(), released = false,
            lost_answers = c.lost_answers or not c.released
      where c.released or c.renewed_at < clock_timestamp() - make_interval(secs => ?)
     returning claim`,
    [run, chunk, claim, fromSeq, toSeq, SENDING.takeOverAfterMs / 1000],
  );
  if (claimed.rows.length > 0) return 0;
  const { rows } = await ledger.raw(
    `select greatest(1, extract(epoch from renewed_at - clock_timestamp()) * 1000 + ?)::float8 as "waitMs"
       from claims where run = ? and chunk = ?`,
    [SENDING.takeOverAfterMs, run, chunk],
  );
  return rows[0].waitMs;
}

/**
 * The fence, as the beginning of a statement: its `renewed` holds one row if the claim and both leases are still this run's,
 * else none. The leases are locked until the transaction ends, so whoever takes them over waits for it. $1 is the run; chunk,
 * claim, sync and workspace are the parameters from `first` on.
 */
export const renewedClaim = (first: number) => `
  held as (
    select kind from leases
     where holder = $1 and ready_at <= clock_timestamp()
       and ((kind = 'sync' and name = $${first + 2}) or (kind = 'workspace' and name = $${first + 3}))
       for share
  ), renewed as (
    update claims set renewed_at = clock_timestamp()
     where run = $1 and chunk = $${first} and claim = $${first + 1} and not released and (select count(*) from held) = 2
    returning run
  )`;

/** Renews a claim when there is nothing to record. False: it is another's now, stop. */
export async function renewClaim(
  ledger: Ledger,
  { run, chunk, claim }: { run: number; chunk: number; claim: string },
  fence: Fence,
): Promise<boolean> {
  const { rowCount } = await withConnection(ledger, (connection) =>
    connection.query(`with ${renewedClaim(2)} select from renewed`, [run, chunk, claim, fence.sync, fence.workspace]),
  );
  return rowCount === 1;
}

/** Chunks of a run that somebody else sends just now, or was sending until a moment ago. */
export async function claimsElsewhere(ledger: Ledger, run: number, own: string[]): Promise<number> {
  const { rows } = await ledger.raw(
    `select count(*)::int as n from claims
      where run = ? and not released and claim <> all(?::text[]) and renewed_at > clock_timestamp() - make_interval(secs => ?)`,
    [run, own, SENDING.takeOverAfterMs / 1000],
  );
  return rows[0].n;
}

/**
 * Gives a claim back. `lostAnswers`: some request was sent and its answer never came, so what it carried may stand at
 * Braze without a receipt. Once lost stays lost: only finishing the chunk makes it irrelevant.
 */
export async function releaseClaim(
  ledger: Ledger,
  { run, chunk, claim }: { run: number; chunk: number; claim: string },
  lostAnswers: boolean,
): Promise<void> {
  await ledger.raw(
    'update claims set released = true, lost_answers = lost_answers or ? where run = ? and chunk = ? and claim = ?',
    [lostAnswers, run, chunk, claim],
  );
  // No receipt tells when it was sent, and the next run has to keep its distance from it too.
  if (lostAnswers) await ledger.raw('update runs set unanswered_at = clock_timestamp() where number = ?', [run]);
}

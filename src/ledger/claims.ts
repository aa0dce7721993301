import { SENDING } from '../types/sendingTimes';
import type { Ledger } from './open';
import { query } from './query';

/** The two leases under which a chunk sends. */
export interface Fence {
  sync: string;
  workspace: string;
}

/** One attempt's claim of a chunk. */
export interface ChunkClaim {
  run: number;
  chunk: number;
  claim: string;
}

/**
 * Claims a chunk for one attempt. Returns 0 when it is claimed, else how long to wait (ms) until an earlier claim that was not
 * released may be taken over.
 */
export async function claimChunk(
  ledger: Ledger,
  { run, chunk, fromSeq, toSeq, claim }: ChunkClaim & { fromSeq: number; toSeq: number },
): Promise<number> {
  const claimed = await query(
    ledger,
    `insert into claims as c (run, chunk, claim, from_seq, to_seq) values (:run, :chunk, :claim, :fromSeq, :toSeq)
     on conflict (run, chunk) do update
        set claim = excluded.claim, renewed_at = clock_timestamp(), released = false,
            lost_answers = c.lost_answers or not c.released
      where c.released or c.renewed_at < clock_timestamp() - make_interval(secs => :takeOverSeconds)
     returning claim`,
    { run, chunk, claim, fromSeq, toSeq, takeOverSeconds: SENDING.takeOverAfterMs / 1000 },
  );
  if (claimed.rowCount > 0) return 0;
  const { rows } = await query<{ waitMs: number }>(
    ledger,
    `select greatest(1, extract(epoch from renewed_at - clock_timestamp()) * 1000 + :takeOverMs)::float8 as "waitMs"
       from claims where run = :run and chunk = :chunk`,
    { takeOverMs: SENDING.takeOverAfterMs, run, chunk },
  );
  return rows[0]!.waitMs;
}

/**
 * The fence, as the beginning of a statement: its `renewed` holds one row if the claim and both leases are still this run's,
 * else none. The leases are locked until the transaction ends, so a run that takes them over waits for it.
 *
 * @param at how the statement writes these parameters: `$1` or `:run`
 */
export const renewedClaim = (at: Readonly<Record<keyof ChunkClaim | keyof Fence, string>>) => `
  held as (
    select kind from leases
     where holder = ${at.run} and ready_at <= clock_timestamp()
       and ((kind = 'sync' and name = ${at.sync}) or (kind = 'workspace' and name = ${at.workspace}))
       for share
  ), renewed as (
    update claims set renewed_at = clock_timestamp()
     where run = ${at.run} and chunk = ${at.chunk} and claim = ${at.claim} and not released and (select count(*) from held) = 2
    returning run
  )`;

const BY_NAME = { run: ':run', chunk: ':chunk', claim: ':claim', sync: ':sync', workspace: ':workspace' };

/** Renews a claim when there is nothing to record. False: another attempt has it now, stop. */
export async function renewClaim(ledger: Ledger, claim: ChunkClaim, fence: Fence): Promise<boolean> {
  const { rowCount } = await query(ledger, `with ${renewedClaim(BY_NAME)} select from renewed`, {
    run: claim.run,
    chunk: claim.chunk,
    claim: claim.claim,
    sync: fence.sync,
    workspace: fence.workspace,
  });
  return rowCount === 1;
}

/** Chunks of a run that another process is sending, or was sending until a moment ago. */
export async function claimsElsewhere(ledger: Ledger, run: number, own: string[]): Promise<number> {
  const { rows } = await query<{ n: number }>(
    ledger,
    `select count(*)::int as n from claims
      where run = :run and not released and claim <> all(:own::text[])
        and renewed_at > clock_timestamp() - make_interval(secs => :takeOverSeconds)`,
    { run, own, takeOverSeconds: SENDING.takeOverAfterMs / 1000 },
  );
  return rows[0]!.n;
}

/**
 * Releases a claim.
 *
 * @param lostAnswers a request was sent and its answer never came, so Braze may have applied it without a receipt. This is
 *   permanent: only finishing the chunk makes it irrelevant.
 */
export async function releaseClaim(
  ledger: Ledger,
  { run, chunk, claim }: ChunkClaim,
  lostAnswers: boolean,
): Promise<void> {
  await query(
    ledger,
    `update claims set released = true, lost_answers = lost_answers or :lostAnswers
      where run = :run and chunk = :chunk and claim = :claim`,
    { lostAnswers, run, chunk, claim },
  );
  // No receipt records when it was sent, and the next run has to keep its distance from it too.
  if (lostAnswers)
    await query(ledger, 'update runs set unanswered_at = clock_timestamp() where number = :run', { run });
}

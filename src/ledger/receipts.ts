import type { Client } from 'pg';
import { renewedClaim, type Fence } from './claims';
import type { Ledger } from './open';
import { query, withConnection, withTransaction, type Transaction } from './query';
import { hashValue, recordRejections } from './rejections';

/** A stretch of the outbox that is settled: every row in it is accepted, refused, or had nothing to send. */
export interface Receipt {
  fromSeq: number;
  toSeq: number;
  requests: number;
  accepted: number;
  valuesSent: number;
  /** Braze's `x-request-id` of the answers it is based on. */
  requestIds: string[];
  /** Rows that Braze refused, with its message. */
  refused: { seq: number; message: string }[];
}

/** Receipts of one claim of one chunk that are recorded together, in one transaction. */
export interface ReceiptGroup {
  run: number;
  chunk: number;
  claim: string;
  targetId: number;
  receipts: Receipt[];
  /** Whether this target has uncertain values or open rejections to settle. That is rare, and needs two more statements. */
  clearsUncertain: boolean;
  closesRejections: boolean;
  /** The bodies contain only some attributes, so accepting them does not resolve the rejection of a whole object. */
  partial: boolean;
}

/** The claim or a lease has passed to another: this attempt must stop at once. Nothing of its group was recorded. */
export class FencedError extends Error {
  override readonly name = 'FencedError';
}

/**
 * Records answered requests: receipts, acknowledged values and rejections in one durable transaction that also renews the
 * claim. What was sent but not yet recorded here is sent again after a crash, with the same values.
 *
 * @throws {FencedError} the claim or one of the two leases belongs to another attempt or run; nothing was recorded
 */
export async function recordReceipts(ledger: Ledger, group: ReceiptGroup, fence: Fence): Promise<void> {
  const refused = group.receipts.flatMap((receipt) => receipt.refused);
  const alone = refused.length === 0 && !group.clearsUncertain && !group.closesRejections;
  // One statement is a transaction; begin and commit around it would cost a busy worker two more round trips.
  if (alone) return withConnection(ledger, (connection) => record(connection, group, fence));
  await withTransaction(ledger, async (transaction) => {
    await record(transaction.connection, group, fence);
    if (group.clearsUncertain) await clearUncertain(transaction, group);
    if (group.closesRejections) await closeRejectionsOf(transaction, group);
    if (refused.length > 0) await reject(transaction, group, refused);
  });
}

/** The stretches of the receipts, and in them the rows that Braze refused; lists as Postgres arrays. */
function stretchesOf(receipts: readonly Receipt[]): { fromSeqs: number[]; toSeqs: number[]; refusedSeqs: number[] } {
  return {
    fromSeqs: receipts.map(({ fromSeq }) => fromSeq),
    toSeqs: receipts.map(({ toSeq }) => toSeq),
    refusedSeqs: receipts.flatMap(({ refused }) => refused.map(({ seq }) => seq)),
  };
}

/**
 * Outbox rows of the receipts, without those Braze refused, as a part of a statement. `offset 0` keeps Postgres from joining:
 * for a few stretches it estimates half the table and reads all of it, although an index lookup for each would do.
 *
 * @param at how the statement writes these parameters: `$1` or `:run`
 */
const acceptedRows = (at: Readonly<Record<'run' | 'fromSeqs' | 'toSeqs' | 'refusedSeqs', string>>) => `
    unnest(${at.fromSeqs}::int[], ${at.toSeqs}::int[]) as stretch (from_seq, to_seq), lateral (
      select * from outbox
       where run = ${at.run} and seq between stretch.from_seq and stretch.to_seq and body <> '' and seq <> all (${at.refusedSeqs}::int[]) offset 0
    ) o`;

/**
 * Numbered parameters and `pg` itself instead of `query`: a delivery runs little else. The parts that write check that the
 * claim was renewed, so they come after it. A statement locks its tables before it reads rows: a customer who is suppressed
 * meanwhile (`suppressed.ts`) is read as an empty row, or the suppression waits.
 */
const RECORD = `
  with ${renewedClaim({ run: '$1', chunk: '$5', claim: '$6', sync: '$7', workspace: '$8' })},
  settled as (
    insert into receipts (run, from_seq, to_seq, requests, accepted, rejected, values_sent, request_ids)
    select $1, * from unnest($2::int[], $3::int[], $9::int[], $10::int[], $11::int[], $12::int[], $13::text[])
     where exists (select from renewed)
  ), known as (
    insert into acknowledged as a (target_id, customer, values, run, whole_at)
    select $14, o.customer, o.new_values, $1, case when o.whole then now() else '-infinity' end
      from ${acceptedRows({ run: '$1', fromSeqs: '$2', toSeqs: '$3', refusedSeqs: '$4' })}
     where exists (select from renewed)
    on conflict (target_id, customer) do update
       set values = excluded.values, run = excluded.run, at = excluded.at, whole_at = greatest(a.whole_at, excluded.whole_at)
  )
  select from renewed`;

async function record(connection: Client, group: ReceiptGroup, fence: Fence): Promise<void> {
  const receipts = mergeNeighbours(group.receipts);
  const { fromSeqs, toSeqs, refusedSeqs } = stretchesOf(receipts);
  const { rowCount } = await connection.query(RECORD, [
    group.run,
    fromSeqs,
    toSeqs,
    refusedSeqs,
    group.chunk,
    group.claim,
    fence.sync,
    fence.workspace,
    receipts.map((receipt) => receipt.requests),
    receipts.map((receipt) => receipt.accepted),
    receipts.map((receipt) => receipt.refused.length),
    receipts.map((receipt) => receipt.valuesSent),
    receipts.map((receipt) => receipt.requestIds.join(' ')),
    group.targetId,
  ]);
  if (rowCount !== 1) throw new FencedError('The claim of this chunk has passed to another.');
}

const ACCEPTED = acceptedRows({
  run: ':run',
  fromSeqs: ':fromSeqs',
  toSeqs: ':toSeqs',
  refusedSeqs: ':refusedSeqs',
});

/** An accepted value is no longer uncertain. */
async function clearUncertain(transaction: Transaction, group: ReceiptGroup): Promise<void> {
  await query(
    transaction,
    `with left_over as (
       select u.customer, array(select unnest(u.attributes) except select json_object_keys(o.body::json)) as attributes
         from ${ACCEPTED}, uncertain u where u.target_id = :targetId and u.customer = o.customer
     ), kept as (
       update uncertain u set attributes = l.attributes from left_over l
        where u.target_id = :targetId and u.customer = l.customer and l.attributes <> '{}'
     )
     delete from uncertain u using left_over l where u.target_id = :targetId and u.customer = l.customer and l.attributes = '{}'`,
    { run: group.run, targetId: group.targetId, ...stretchesOf(group.receipts) },
  );
}

/** An accepted value resolves its rejection, a whole object those of its customer. */
async function closeRejectionsOf(transaction: Transaction, group: ReceiptGroup): Promise<void> {
  const { run, targetId, partial, receipts } = group;
  await query(
    transaction,
    `update rejections r set open = false from ${ACCEPTED}
      where r.target_id = :targetId and r.open and r.customer = o.customer
        and r.reason <> 'duplicate-id' and ((r.attribute is null and not :partial) or jsonb_exists(o.body::jsonb, r.attribute))`,
    { run, targetId, partial, ...stretchesOf(receipts) },
  );
}

async function reject(
  transaction: Transaction,
  group: ReceiptGroup,
  refused: { seq: number; message: string }[],
): Promise<void> {
  const { rows } = await query<{ seq: number; customer: string; body: string }>(
    transaction,
    // A customer who was suppressed while the request was in flight has an empty row by now.
    `select seq, customer, body from outbox where run = :run and seq = any(:seqs::int[]) and body <> ''`,
    { run: group.run, seqs: refused.map(({ seq }) => seq) },
  );
  const message = new Map(refused.map((one) => [one.seq, one.message]));
  await recordRejections(
    transaction,
    group.targetId,
    group.run,
    rows.map(({ seq, customer, body }) => ({
      customerId: customer,
      attribute: null,
      reason: 'refused-by-braze',
      message: message.get(seq) ?? '',
      valueHash: hashValue(body),
    })),
  );
}

/** Requests are mostly answered in the order in which they were sent; one row then covers a whole group of them. */
function mergeNeighbours(receipts: Receipt[]): Receipt[] {
  const merged: Receipt[] = [];
  for (const receipt of receipts.toSorted((a, b) => a.fromSeq - b.fromSeq)) {
    const last = merged.at(-1);
    if (last === undefined || last.toSeq + 1 !== receipt.fromSeq) {
      merged.push({ ...receipt, requestIds: [...receipt.requestIds], refused: [...receipt.refused] });
      continue;
    }
    last.toSeq = receipt.toSeq;
    last.requests += receipt.requests;
    last.accepted += receipt.accepted;
    last.valuesSent += receipt.valuesSent;
    last.requestIds.push(...receipt.requestIds);
    last.refused.push(...receipt.refused);
  }
  return merged;
}

/** Stretches of from..to (inclusive) that have no receipt yet, in order. */
export async function unreceipted(
  ledger: Ledger,
  run: number,
  from: number,
  to: number,
): Promise<{ fromSeq: number; toSeq: number }[]> {
  const { rows } = await query<{ fromSeq: number; toSeq: number }>(
    ledger,
    `select from_seq as "fromSeq", to_seq as "toSeq" from receipts
      where run = :run and from_seq between :from and :to order by from_seq`,
    { run, from, to },
  );
  const gaps: { fromSeq: number; toSeq: number }[] = [];
  let next = from;
  for (const receipt of rows) {
    if (receipt.fromSeq > next) gaps.push({ fromSeq: next, toSeq: receipt.fromSeq - 1 });
    next = receipt.toSeq + 1;
  }
  if (next <= to) gaps.push({ fromSeq: next, toSeq: to });
  return gaps;
}

/** How long ago (ms) another run of the sync last sent something, answered or not; null when none did. */
export async function sinceLastRequest(ledger: Ledger, sync: string, run: number): Promise<number | null> {
  const { rows } = await query<{ ms: number | null }>(
    ledger,
    `with before as (select number, unanswered_at from runs where sync = :sync and number <> :run order by number desc limit 10)
     select (extract(epoch from clock_timestamp() - greatest(
              (select max(at) from receipts where run in (select number from before)),
              (select max(unanswered_at) from before))) * 1000)::float8 as "ms"`,
    { sync, run },
  );
  return rows[0]!.ms;
}

/** What Braze has answered to a run so far, in customers; `rejected` excludes those that were only tried again. */
export async function sentSoFar(ledger: Ledger, run: number): Promise<{ accepted: number; rejected: number }> {
  const { rows } = await query<{ accepted: number; rejected: number }>(
    ledger,
    `select coalesce(sum(accepted), 0)::int as accepted,
            coalesce(sum(rejected), 0)::int
              - (select count(*)::int from rejections where run = :run and reason = 'refused-by-braze' and tries > 1) as rejected
       from receipts where run = :run`,
    { run },
  );
  return rows[0]!;
}

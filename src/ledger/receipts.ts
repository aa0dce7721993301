import type { Client } from 'pg';
import { renewedClaim, type Fence } from './claims';
import type { Ledger } from './open';
import { withConnection, withTransaction } from './open';
import { hashValue, recordRejections } from './rejections';

/** A stretch of the outbox that is settled: every row in it is accepted, refused, or had nothing to send. */
export interface Receipt {
  fromSeq: number;
  toSeq: number;
  requests: number;
  accepted: number;
  valuesSent: number;
  /** Braze's `x-request-id` of the answers it stands on. */
  requestIds: string[];
  /** Rows Braze refused, with its own words. */
  refused: { seq: number; words: string }[];
}

export interface ReceiptGroup {
  run: number;
  chunk: number;
  claim: string;
  targetId: number;
  receipts: Receipt[];
  /** Whether this target has uncertain values or open rejections to settle: hardly ever, and then it is two more statements. */
  settleUncertain: boolean;
  settleRejections: boolean;
  /** The bodies carry some attributes only: that they are accepted does not mend what was refused as a whole. */
  partial: boolean;
}

/** The claim or a lease has passed to another: this attempt has to stop at once. Nothing of its group was recorded. */
export class FencedError extends Error {
  override readonly name = 'FencedError';
}

/**
 * Records answered requests: receipts, acknowledged values and rejections in one durable transaction that also renews the
 * claim. What was sent but not yet recorded here is sent again after a crash, with the same values.
 */
export async function recordReceipts(ledger: Ledger, group: ReceiptGroup, fence: Fence): Promise<void> {
  const refused = group.receipts.flatMap((receipt) => receipt.refused);
  const alone = refused.length === 0 && !group.settleUncertain && !group.settleRejections;
  // One statement is a transaction of its own; begin and commit around it would cost a busy worker two more turns.
  const recorded = alone ? withConnection : withTransaction;
  await recorded(ledger, async (connection) => {
    await record(connection, group, fence);
    if (group.settleUncertain) await settleUncertain(connection, group);
    if (group.settleRejections) await settleRejections(connection, group);
    if (refused.length > 0) await reject(connection, group, refused);
  });
}

/** From, to and refused rows of the receipts: $2 to $4 of a statement whose $1 is the run. */
function stretchesOf(receipts: readonly Receipt[]): [number[], number[], number[]] {
  return [
    receipts.map(({ fromSeq }) => fromSeq),
    receipts.map(({ toSeq }) => toSeq),
    receipts.flatMap(({ refused }) => refused.map(({ seq }) => seq)),
  ];
}

/**
 * Outbox rows of the receipts, without those Braze refused. `offset 0` keeps Postgres from joining: for a few stretches it
 * reckons with half the table and reads all of it, where a look in the index for each does.
 */
const ACCEPTED = `unnest($2::int[], $3::int[]) as stretch (from_seq, to_seq), lateral (
      select * from outbox
       where run = $1 and seq between stretch.from_seq and stretch.to_seq and body <> '' and seq <> all ($4::int[]) offset 0
    ) o`;

/**
 * The parts that write look whether the claim was renewed, so they come after it. Locks on tables are taken before a
 * statement looks at rows: whoever is forgotten meanwhile (`suppressed.ts`) is seen as an empty row, or waits.
 */
const RECORD = `
  with ${renewedClaim(5)},
  settled as (
    insert into receipts (run, from_seq, to_seq, requests, accepted, rejected, values_sent, request_ids)
    select $1, * from unnest($2::int[], $3::int[], $9::int[], $10::int[], $11::int[], $12::int[], $13::text[])
     where exists (select from renewed)
  ), known as (
    insert into acknowledged as a (target_id, customer, values, run, whole_at)
    select $14, o.customer, o.new_values, $1, case when o.whole then now() else '-infinity' end
      from ${ACCEPTED} where exists (select from renewed)
    on conflict (target_id, customer) do update
       set values = excluded.values, run = excluded.run, at = excluded.at, whole_at = greatest(a.whole_at, excluded.whole_at)
  )
  select from renewed`;

async function record(connection: Client, group: ReceiptGroup, fence: Fence): Promise<void> {
  const receipts = mergeNeighbours(group.receipts);
  const { rowCount } = await connection.query(RECORD, [
    ...[group.run, ...stretchesOf(receipts)],
    ...[group.chunk, group.claim, fence.sync, fence.workspace],
    receipts.map((receipt) => receipt.requests),
    receipts.map((receipt) => receipt.accepted),
    receipts.map((receipt) => receipt.refused.length),
    receipts.map((receipt) => receipt.valuesSent),
    receipts.map((receipt) => receipt.requestIds.join(' ')),
    group.targetId,
  ]);
  if (rowCount !== 1) throw new FencedError('The claim of this chunk has passed to another.');
}

async function settleUncertain(connection: Client, group: ReceiptGroup): Promise<void> {
  await connection.query(
    `with left_over as (
       select u.customer, array(select unnest(u.attributes) except select json_object_keys(o.body::json)) as attributes
         from ${ACCEPTED}, uncertain u where u.target_id = $5 and u.customer = o.customer
     ), kept as (
       update uncertain u set attributes = l.attributes from left_over l
        where u.target_id = $5 and u.customer = l.customer and l.attributes <> '{}'
     )
     delete from uncertain u using left_over l where u.target_id = $5 and u.customer = l.customer and l.attributes = '{}'`,
    [group.run, ...stretchesOf(group.receipts), group.targetId],
  );
}

async function settleRejections(connection: Client, group: ReceiptGroup): Promise<void> {
  await connection.query(
    `update rejections r set open = false from ${ACCEPTED}
      where r.target_id = $5 and r.open and r.customer = o.customer
        and r.reason <> 'duplicate-id' and ((r.attribute is null and not $6) or o.body::jsonb ? r.attribute)`,
    [group.run, ...stretchesOf(group.receipts), group.targetId, group.partial],
  );
}

async function reject(
  connection: Client,
  group: ReceiptGroup,
  refused: { seq: number; words: string }[],
): Promise<void> {
  const { rows } = await connection.query<{ seq: number; customer: string; body: string }>(
    // Whoever was forgotten while the request was in the air has an empty row by now.
    `select seq, customer, body from outbox where run = $1 and seq = any($2::int[]) and body <> ''`,
    [group.run, refused.map(({ seq }) => seq)],
  );
  const words = new Map(refused.map((one) => [one.seq, one.words]));
  await recordRejections(
    connection,
    group.targetId,
    group.run,
    rows.map(({ seq, customer, body }) => ({
      customerId: customer,
      attribute: null,
      reason: 'refused-by-braze',
      message: words.get(seq) ?? '',
      valueHash: hashValue(body),
    })),
  );
}

/** Requests mostly come back in the order they went out; one row then stands for a whole group of them. */
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
export async function unsettled(
  ledger: Ledger,
  run: number,
  from: number,
  to: number,
): Promise<{ fromSeq: number; toSeq: number }[]> {
  const { rows } = await ledger.raw(
    'select from_seq as "fromSeq", to_seq as "toSeq" from receipts where run = ? and from_seq between ? and ? order by from_seq',
    [run, from, to],
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
  const { rows } = await ledger.raw(
    `with before as (select number, unanswered_at from runs where sync = ? and number <> ? order by number desc limit 10)
     select (extract(epoch from clock_timestamp() - greatest(
              (select max(at) from receipts where run in (select number from before)),
              (select max(unanswered_at) from before))) * 1000)::float8 as "ms"`,
    [sync, run],
  );
  return rows[0].ms;
}

/** What Braze has answered to a run so far, in customers; `rejected` without those that were merely tried again. */
export async function sentSoFar(ledger: Ledger, run: number): Promise<{ accepted: number; rejected: number }> {
  const { rows } = await ledger.raw(
    `select coalesce(sum(accepted), 0)::int as accepted,
            coalesce(sum(rejected), 0)::int
              - (select count(*)::int from rejections where run = ? and reason = 'refused-by-braze' and tries > 1) as rejected
       from receipts where run = ?`,
    [run, run],
  );
  return rows[0];
}

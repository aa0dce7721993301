import type { EndedState } from '../types/run';
import { SENDING } from '../types/sendingTimes';
import { readyAfter } from './leases';
import type { Ledger } from './open';
import { query, withTransaction, type Transaction } from './query';
import { RunNotFoundError } from './runs';

/** The run is not complete: rows of its outbox have neither a receipt nor a rejection. */
export class UnreceiptedRowsError extends Error {
  override readonly name = 'UnreceiptedRowsError';
}

/**
 * Ends a run, however it ends: counts, uncertain values, leases and outbox in one place. Ending it twice changes nothing and
 * returns the first end. With `completed`, every row must be settled, as counted in the same transaction; the state becomes
 * `completed-with-rejections` when something was rejected. `onStep` is called after each step of emptying a large outbox.
 *
 * @throws {RunNotFoundError} there is no such run
 * @throws {UnreceiptedRowsError} `completed`, and rows of the outbox are neither receipted nor rejected; nothing was changed
 */
export async function closeRun(
  ledger: Ledger,
  run: number,
  end: EndedState,
  { because = null, onStep }: { because?: string | null; onStep?: () => void } = {},
): Promise<EndedState> {
  const closed = await withTransaction(ledger, async (transaction) => {
    const row = await lockRun(transaction, run);
    if (row.ended) return row.state;
    const sent = await totals(transaction, run);
    if (end === 'completed' && sent.settled !== row.staged)
      throw new UnreceiptedRowsError(`Run ${run} has ${row.staged - sent.settled} unsettled rows.`);
    if (end !== 'completed') await markUncertain(transaction, run, row);
    const rejected = sent.rejected + row.rejectedBefore;
    const state = end === 'completed' && rejected > 0 ? 'completed-with-rejections' : end;
    await query(
      transaction,
      `update runs set state = :state, state_since = now(), finished_at = now(), hold = null, hold_cause = null, held_because = :because, waiting_for = null,
              waiting_since = null, accepted = :accepted, rejected = :rejected, requests = :requests, values_sent = :valuesSent
        where number = :run`,
      { run, state, because, rejected, accepted: sent.accepted, requests: sent.requests, valuesSent: sent.valuesSent },
    );
    await query(
      transaction,
      `update leases set holder = null, predecessor = null, ready_at = ${readyAfter(':run')} where holder = :run`,
      { run },
    );
    await query(transaction, 'delete from lease_line where run = :run', { run });
    await query(transaction, 'delete from claims where run = :run', { run });
    return state;
  });
  await emptyOutbox(ledger, run, onStep);
  return closed;
}

interface ClosingRun {
  state: EndedState;
  ended: boolean;
  staged: number;
  targetId: number | null;
  /** Requests without a receipt over all lanes; null: the run was never prepared. */
  mostInFlight: number | null;
  rejectedBefore: number;
}

async function lockRun(transaction: Transaction, run: number): Promise<ClosingRun> {
  const { rows } = await query<ClosingRun>(
    transaction,
    `select state, finished_at is not null as ended, staged, target_id as "targetId",
            in_flight_per_chunk * coalesce((settings -> 'delivery' ->> 'lanes')::int, 1) as "mostInFlight",
            rejected_before_sending as "rejectedBefore"
       from runs where number = :run for update`,
    { run },
  );
  const [row] = rows;
  if (row === undefined) throw new RunNotFoundError(run);
  return row;
}

interface SentTotals {
  settled: number;
  accepted: number;
  rejected: number;
  requests: number;
  valuesSent: number;
}

async function totals(transaction: Transaction, run: number): Promise<SentTotals> {
  const { rows } = await query<SentTotals>(
    transaction,
    `select coalesce(sum(to_seq - from_seq + 1), 0)::int as settled, coalesce(sum(accepted), 0)::int as accepted,
            coalesce(sum(rejected), 0)::int as rejected, coalesce(sum(requests), 0)::int as requests,
            coalesce(sum(values_sent), 0)::int as "valuesSent"
       from receipts where run = :run`,
    { run },
  );
  return rows[0]!;
}

/**
 * Requests start in sequence order, and the number of a run's requests without a receipt is limited; all of them may be in one
 * chunk. So what a lost sender had in flight is among the first rows of its chunk without a receipt. A chunk released with
 * every answer received has nothing in flight.
 */
async function markUncertain(transaction: Transaction, run: number, row: ClosingRun): Promise<void> {
  if (row.targetId === null || row.mostInFlight === null) return;
  await query(
    transaction,
    `insert into uncertain as u (target_id, customer, attributes, run)
     select :targetId, o.customer,
            array(select key from json_object_keys(o.body::json) key where jsonb_exists(o.new_values::jsonb, key)), :run
       from claims c, lateral (
         select customer, body, new_values from outbox
          where run = :run and seq between c.from_seq and c.to_seq and body <> ''
            and not exists (
              -- Only the last receipt that begins before the row can cover it: one look in the index.
              select from (select to_seq from receipts where run = :run and from_seq <= outbox.seq order by from_seq desc limit 1) r
               where r.to_seq >= outbox.seq)
          order by seq limit :mostCustomers
       ) o
      where c.run = :run and (c.lost_answers or not c.released)
     on conflict (target_id, customer) do update
        set attributes = array(select unnest(u.attributes) union select unnest(excluded.attributes)), run = excluded.run`,
    { run, targetId: row.targetId, mostCustomers: row.mostInFlight * SENDING.objectsPerRequest },
  );
}

/** In steps, so that ten million rows do not make one transaction. */
async function emptyOutbox(ledger: Ledger, run: number, onStep?: () => void): Promise<void> {
  for (let from = 0; ; from += 50_000) {
    const { rows } = await query<{ last: number | null }>(
      ledger,
      'select max(seq) as last from outbox where run = :run',
      { run },
    );
    if (rows[0]!.last === null) return;
    await query(ledger, 'delete from outbox where run = :run and seq <= :to', { run, to: from + 50_000 });
    onStep?.();
  }
}

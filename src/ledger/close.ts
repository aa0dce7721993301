import type { Client } from 'pg';
import type { EndedState } from '../types/run';
import { SENDING } from '../types/sendingTimes';
import { readyAfter } from './leases';
import type { Ledger } from './open';
import { withTransaction } from './open';

/** The run may not be called complete: rows of its outbox are neither receipted nor rejected. */
export class UnsettledRunError extends Error {
  override readonly name = 'UnsettledRunError';
}

/**
 * Ends a run, however it ends: counts, uncertain values, leases and outbox in one place. Ending it twice changes nothing
 * and gives the first end. With `completed` the run must be settled to the last row, counted in the same transaction
 * ({@link UnsettledRunError}); it becomes `completed-with-rejections` when something was rejected.
 */
export async function closeRun(
  ledger: Ledger,
  run: number,
  end: EndedState,
  because: string | null = null,
): Promise<EndedState> {
  const closed = await withTransaction(ledger, async (connection) => {
    const { rows } = await connection.query<RunTotals>(
      `select state, finished_at is not null as ended, staged, target_id as "targetId",
              in_flight_per_chunk * coalesce((settings -> 'delivery' ->> 'lanes')::int, 1) as "mostInFlight",
              rejected_before_sending as "rejectedBefore"
         from runs where number = $1 for update`,
      [run],
    );
    const row = rows[0]!;
    if (row.ended) return row.state;
    const sent = await totals(connection, run);
    if (end === 'completed') {
      if (sent.settled !== row.staged)
        throw new UnsettledRunError(`Run ${run} has ${row.staged - sent.settled} unsettled rows.`);
      if (sent.rejected + row.rejectedBefore > 0) end = 'completed-with-rejections';
    } else {
      await markUncertain(connection, run, row);
    }
    await connection.query(
      `update runs set state = $2, state_since = now(), finished_at = now(), hold = null, hold_cause = null, held_because = $3, waiting_for = null,
              waiting_since = null, accepted = $4, rejected = $5, requests = $6, values_sent = $7
        where number = $1`,
      [run, end, because, sent.accepted, sent.rejected + row.rejectedBefore, sent.requests, sent.valuesSent],
    );
    await connection.query(
      `update leases set holder = null, predecessor = null, ready_at = ${readyAfter('$1')} where holder = $1`,
      [run],
    );
    await connection.query('delete from lease_line where run = $1', [run]);
    await connection.query('delete from claims where run = $1', [run]);
    return end;
  });
  await emptyOutbox(ledger, run);
  return closed;
}

interface RunTotals {
  state: EndedState;
  ended: boolean;
  staged: number;
  targetId: number | null;
  mostInFlight: number | null;
  rejectedBefore: number;
}

async function totals(connection: Client, run: number) {
  const { rows } = await connection.query<{
    settled: number;
    accepted: number;
    rejected: number;
    requests: number;
    valuesSent: number;
  }>(
    `select coalesce(sum(to_seq - from_seq + 1), 0)::int as settled, coalesce(sum(accepted), 0)::int as accepted,
            coalesce(sum(rejected), 0)::int as rejected, coalesce(sum(requests), 0)::int as requests,
            coalesce(sum(values_sent), 0)::int as "valuesSent"
       from receipts where run = $1`,
    [run],
  );
  return rows[0]!;
}

/**
 * Requests start in sequence order and only so many of a run may be without a receipt, all of them perhaps in one chunk. So
 * whatever a lost sender had in the air is among the first unreceipted rows of its chunk. Chunks given back with every answer received have nothing in the air.
 */
async function markUncertain(connection: Client, run: number, row: RunTotals): Promise<void> {
  if (row.targetId === null || row.mostInFlight === null) return;
  await connection.query(
    `insert into uncertain as u (target_id, customer, attributes, run)
     select $2, o.customer,
            array(select key from json_object_keys(o.body::json) key where jsonb_exists(o.new_values::jsonb, key)), $1
       from claims c, lateral (
         select customer, body, new_values from outbox
          where run = $1 and seq between c.from_seq and c.to_seq and body <> ''
            and not exists (
              -- Only the last receipt that begins before the row can cover it: one look in the index.
              select from (select to_seq from receipts where run = $1 and from_seq <= outbox.seq order by from_seq desc limit 1) r
               where r.to_seq >= outbox.seq)
          order by seq limit $3
       ) o
      where c.run = $1 and (c.lost_answers or not c.released)
     on conflict (target_id, customer) do update
        set attributes = array(select unnest(u.attributes) union select unnest(excluded.attributes)), run = excluded.run`,
    [run, row.targetId, row.mostInFlight * SENDING.objectsPerRequest],
  );
}

/** In steps, so that ten million rows do not make one transaction. */
async function emptyOutbox(ledger: Ledger, run: number): Promise<void> {
  for (let from = 0; ; from += 50_000) {
    const { rows } = await ledger.raw('select max(seq) as last from outbox where run = ?', [run]);
    if (rows[0].last === null) return;
    await ledger.raw('delete from outbox where run = ? and seq <= ?', [run, from + 50_000]);
  }
}

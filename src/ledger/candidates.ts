import type { Ledger } from './open';
import { MAX_TRIES } from './rejections';

/**
 * Customers who are candidates whatever their `updated_at` says: those with an uncertain value of one of `attributes` (of one
 * that has left the mapping nothing would be sent), and those with a rejection open for another try. In byte order after a
 * customer id. A rejection of this same run has had its try.
 */
export async function dueCustomers(
  ledger: Ledger,
  targetId: number,
  run: number,
  attributes: string[],
  after: string | null,
  limit: number,
): Promise<string[]> {
  const { rows } = await ledger.raw(
    `select customer from (
       select customer from uncertain where target_id = ? and attributes && ?::text[]
       union
       select customer from rejections where target_id = ? and open and customer <> '' and reason <> 'duplicate-id' and tries < ? and run <> ?
     ) due where customer > ? order by customer limit ?`,
    [targetId, attributes, targetId, MAX_TRIES, run, after ?? '', limit],
  );
  return rows.map((row: { customer: string }) => row.customer);
}

/** Of a target, after a customer: rejections that are open. An id that is too long may be kept cut, and is then in no store. */
export const REJECTED = `target_id = ? and customer > ? and open and reason <> 'customer-id-too-long'`;

/** Customers with an open rejection, however often it was tried, after a customer id in byte order. */
export async function rejectedCustomers(
  ledger: Ledger,
  targetId: number,
  after: string | null,
  limit: number,
): Promise<string[]> {
  const { rows } = await ledger.raw(
    `select distinct customer from rejections where ${REJECTED} order by customer limit ?`,
    [targetId, after ?? '', limit],
  );
  return rows.map((row: { customer: string }) => row.customer);
}

/** Whose turn it is to be sent again: bucket by bucket, so that a base that was sent on one day is not sent again on one day. */
export interface RefreshTurn {
  olderThanMs: number;
  /** Customers are spread over so many buckets … */
  buckets: number;
  /** … of which these are due. */
  due: number[];
}

/** Customers of due buckets of whom some value was acknowledged too long ago, in byte order after a customer id. */
export async function agedCustomers(
  ledger: Ledger,
  targetId: number,
  turn: RefreshTurn,
  after: string | null,
  limit: number,
): Promise<string[]> {
  const { rows } = await ledger.raw(
    `select customer from acknowledged
      where target_id = ? and customer > ? and whole_at < now() - make_interval(secs => ?)
        and (hashtext(customer)::bigint & 2147483647) % ? = any(?::int[])
      order by customer limit ?`,
    [targetId, after ?? '', turn.olderThanMs / 1000, turn.buckets, turn.due, limit],
  );
  return rows.map((row: { customer: string }) => row.customer);
}

/** Customers of a stored selection, in byte order after a customer id. */
export async function selectedCustomers(
  ledger: Ledger,
  selection: string,
  after: string | null,
  limit: number,
): Promise<string[]> {
  const { rows } = await ledger.raw(
    'select customer from selections where id = ? and customer > ? order by customer limit ?',
    [selection, after ?? '', limit],
  );
  return rows.map((row: { customer: string }) => row.customer);
}

/** Customers whose profile has an attribute, or may have it, after a customer id in byte order. */
export async function holdersOf(
  ledger: Ledger,
  targetId: number,
  attribute: string,
  after: string | null,
  limit: number,
): Promise<string[]> {
  const { rows } = await ledger.raw(
    `select customer from (
       (select customer from acknowledged where target_id = ? and customer > ? and values::jsonb ->> ? is not null order by customer limit ?)
       union
       (select customer from uncertain where target_id = ? and customer > ? and ? = any(attributes) order by customer limit ?)
     ) holders order by customer limit ?`,
    [...[targetId, after ?? '', attribute, limit], ...[targetId, after ?? '', attribute, limit], limit],
  );
  return rows.map((row: { customer: string }) => row.customer);
}

/** Customers of whom Braze has, or may have, values, or has a rejection open, after a customer id in byte order. */
export async function knownCustomers(
  ledger: Ledger,
  targetId: number,
  after: string | null,
  limit: number,
): Promise<string[]> {
  const one = [targetId, after ?? '', limit];
  const { rows } = await ledger.raw(
    `select customer from (
       (select customer from acknowledged where target_id = ? and customer > ? order by customer limit ?)
       union
       (select customer from uncertain where target_id = ? and customer > ? order by customer limit ?)
       union
       (select customer from rejections where ${REJECTED} order by customer limit ?)
     ) known order by customer limit ?`,
    [...one, ...one, ...one, limit],
  );
  return rows.map((row: { customer: string }) => row.customer);
}

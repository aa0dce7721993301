import type { Ledger } from './open';
import { query, type Binding } from './query';
import { MAX_TRIES } from './rejections';

/**
 * Lists of customers, page by page: in byte order of the customer id, after `after` (null: from the beginning), at most `limit`.
 */
async function listCustomers(
  ledger: Ledger,
  sql: string,
  bindings: Readonly<Record<string, Binding>>,
): Promise<string[]> {
  const { rows } = await query<{ customer: string }>(ledger, sql, bindings);
  return rows.map(({ customer }) => customer);
}

/** Candidates of a run that `updated_at` does not show. */
export interface DueCandidates {
  targetId: number;
  /** A rejection of this run was already tried. */
  run: number;
  /** The mapping: nothing would be sent for an attribute that has left it. */
  attributes: string[];
}

/**
 * Customers who are candidates regardless of their `updated_at`: those with an uncertain value of one of the attributes, and
 * those with a rejection open for another try.
 */
export async function dueCustomers(
  ledger: Ledger,
  due: DueCandidates,
  after: string | null,
  limit: number,
): Promise<string[]> {
  const { targetId, run, attributes } = due;
  return listCustomers(
    ledger,
    `select customer from (
       select customer from uncertain where target_id = :targetId and attributes && :attributes::text[]
       union
       select customer from rejections where target_id = :targetId and open and customer <> '' and reason <> 'duplicate-id' and tries < :maxTries and run <> :run
     ) due where customer > :after order by customer limit :limit`,
    { targetId, run, attributes, maxTries: MAX_TRIES, after: after ?? '', limit },
  );
}

/**
 * Of the target, after a customer: rejections that are open. An id that is too long may be stored truncated, and is then in no
 * source table.
 */
const REJECTED = `target_id = :targetId and customer > :after and open and reason <> 'customer-id-too-long'`;

/** Customers with an open rejection, however often it was tried. */
export async function rejectedCustomers(
  ledger: Ledger,
  targetId: number,
  after: string | null,
  limit: number,
): Promise<string[]> {
  return listCustomers(
    ledger,
    `select distinct customer from rejections where ${REJECTED} order by customer limit :limit`,
    {
      targetId,
      after: after ?? '',
      limit,
    },
  );
}

/**
 * Which customers are due for a refresh. Buckets spread them, so that customers who were sent on one day are not all sent again
 * on one day.
 */
export interface RefreshTurn {
  olderThanMs: number;
  /** Customers are spread over this many buckets … */
  buckets: number;
  /** … of which these are due. */
  due: number[];
}

/** Customers of due buckets with a value that was acknowledged too long ago. */
export async function agedCustomers(
  ledger: Ledger,
  { targetId, turn }: { targetId: number; turn: RefreshTurn },
  after: string | null,
  limit: number,
): Promise<string[]> {
  return listCustomers(
    ledger,
    `select customer from acknowledged
      where target_id = :targetId and customer > :after and whole_at < now() - make_interval(secs => :olderThanSeconds)
        and (hashtext(customer)::bigint & 2147483647) % :buckets = any(:due::int[])
      order by customer limit :limit`,
    {
      targetId,
      after: after ?? '',
      olderThanSeconds: turn.olderThanMs / 1000,
      buckets: turn.buckets,
      due: turn.due,
      limit,
    },
  );
}

/** Customers of a stored selection. */
export async function selectedCustomers(
  ledger: Ledger,
  selection: string,
  after: string | null,
  limit: number,
): Promise<string[]> {
  return listCustomers(
    ledger,
    'select customer from selections where id = :selection and customer > :after order by customer limit :limit',
    { selection, after: after ?? '', limit },
  );
}

/** Customers whose profile has an attribute, or may have it. */
export async function holdersOf(
  ledger: Ledger,
  { targetId, attribute }: { targetId: number; attribute: string },
  after: string | null,
  limit: number,
): Promise<string[]> {
  return listCustomers(
    ledger,
    `select customer from (
       (select customer from acknowledged where target_id = :targetId and customer > :after and values::jsonb ->> :attribute is not null order by customer limit :limit)
       union
       (select customer from uncertain where target_id = :targetId and customer > :after and :attribute = any(attributes) order by customer limit :limit)
     ) holders order by customer limit :limit`,
    { targetId, attribute, after: after ?? '', limit },
  );
}

/** Customers for whom Braze has, or may have, values, or who have an open rejection. */
export async function acknowledgedCustomers(
  ledger: Ledger,
  targetId: number,
  after: string | null,
  limit: number,
): Promise<string[]> {
  return listCustomers(
    ledger,
    `select customer from (
       (select customer from acknowledged where target_id = :targetId and customer > :after order by customer limit :limit)
       union
       (select customer from uncertain where target_id = :targetId and customer > :after order by customer limit :limit)
       union
       (select customer from rejections where ${REJECTED} order by customer limit :limit)
     ) known order by customer limit :limit`,
    { targetId, after: after ?? '', limit },
  );
}

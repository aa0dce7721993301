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

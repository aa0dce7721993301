import { setTimeout as sleep } from 'node:timers/promises';
import type { IsoTime } from '../types/values';
import type { Ledger } from './open';
import { query, withTransaction, type Transaction } from './query';
import { ISO } from './sql';

/** Salted, so that the list does not reveal who is on it; hashed by the ledger, so that the salt never leaves it. */
const hashOf = (customer: string) =>
  `sha256(convert_to((select value from settings where name = 'key-salt') || ${customer}, 'UTF8'))`;

/**
 * SQL condition: a customer is suppressed. Hashes nothing while the list is empty.
 *
 * @param customer an expression of SQL
 */
export const isSuppressed = (customer: string) =>
  `((select exists (select from suppressed)) and exists (select from suppressed s where s.hash = ${hashOf(customer)}))`;

/** What remains of the outbox row of a forgotten customer: its number, which receipts rely on. */
export const EMPTIED = `customer = 'forgotten ' || seq, body = '', new_values = '', value_count = 0`;

/** Whether any customer is forgotten. Usually none is, and then no customer has to be hashed. */
export async function hasSuppressed(ledger: Ledger): Promise<boolean> {
  const { rows } = await query<{ any: boolean }>(ledger, 'select exists (select from suppressed) as any');
  return rows[0]!.any;
}

/** Which of these customers are forgotten. */
export async function suppressedAmong(ledger: Ledger, customers: string[]): Promise<Set<string>> {
  const { rows } = await query<{ customer: string }>(
    ledger,
    `select customer from unnest(:customers::text[]) as c(customer) where ${isSuppressed('c.customer')}`,
    { customers },
  );
  return new Set(rows.map(({ customer }) => customer));
}

/** Since when a customer is suppressed, or null. */
export async function suppressedSince(ledger: Ledger, customer: string): Promise<IsoTime | null> {
  return since(ledger, customer);
}

async function since(on: Ledger | Transaction, customer: string): Promise<IsoTime | null> {
  const { rows } = await query<{ at: IsoTime }>(
    on,
    `select to_char(at, ${ISO}) as at from suppressed where hash = ${hashOf(':customer::text')}`,
    { customer },
  );
  return rows[0]?.at ?? null;
}

/** What was deleted, in rows; an outbox row of an open run is emptied instead, because receipts rely on its number. */
export interface Forgotten {
  at: IsoTime;
  deleted: { acknowledged: number; uncertain: number; rejections: number; selections: number; outbox: number };
}

/** Runs kept the tables of the ledger locked for too long; nothing was done. */
export class LedgerBusyError extends Error {
  override readonly name = 'LedgerBusyError';
}

/** Shorter than Postgres's search for deadlocks (1 s): it is never the other transaction that is aborted. */
const LOCK_TIMEOUT_MS = 500;
const TRIES = 40;

/**
 * Forgets a customer in one transaction: adds them to the list and deletes all their rows. Waits until the pages, receipts and
 * ends of runs that are being written are committed, and blocks the next ones meanwhile, so none of them can restore a row. A
 * request in flight is answered later and leaves no row.
 *
 * @throws {LedgerBusyError} after half a minute of waiting for runs; nothing was done
 */
export async function forgetCustomer(ledger: Ledger, customer: string): Promise<Forgotten> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await withTransaction(ledger, (transaction) => forget(transaction, customer));
    } catch (error) {
      if (!isLockTimeout(error)) throw error;
      if (attempt === TRIES) throw new LedgerBusyError('The ledger was too busy to forget a customer.');
      await sleep(Math.random() * LOCK_TIMEOUT_MS);
    }
  }
}

async function forget(transaction: Transaction, customer: string): Promise<Forgotten> {
  await query(transaction, `set local lock_timeout to ${LOCK_TIMEOUT_MS}`);
  // Pages and ends of runs update `runs`; receipts lock `leases`.
  await query(transaction, 'lock table runs in exclusive mode');
  await query(transaction, 'lock table leases in exclusive mode');
  await query(
    transaction,
    `insert into suppressed (hash) values (${hashOf(':customer::text')}) on conflict (hash) do update set at = clock_timestamp()`,
    { customer },
  );
  const at = await since(transaction, customer);
  const rowsChanged = async (sql: string) => (await query(transaction, sql, { customer })).rowCount;
  // Through all targets and runs, because the tables' keys begin with them.
  const everyTarget = 'target_id = any(array(select id from targets))';
  return {
    at: at!,
    deleted: {
      acknowledged: await rowsChanged(`delete from acknowledged where ${everyTarget} and customer = :customer`),
      uncertain: await rowsChanged(`delete from uncertain where ${everyTarget} and customer = :customer`),
      rejections: await rowsChanged('delete from rejections where customer = :customer'),
      selections: await rowsChanged('delete from selections where customer = :customer'),
      outbox: await rowsChanged(
        `update outbox set ${EMPTIED} where run = any(array(select number from runs)) and customer = :customer`,
      ),
    },
  };
}

/** Removes a customer from the list; false when they were not on it. What was deleted stays deleted. */
export async function rememberCustomer(ledger: Ledger, customer: string): Promise<boolean> {
  const { rowCount } = await query(ledger, `delete from suppressed where hash = ${hashOf(':customer::text')}`, {
    customer,
  });
  return rowCount > 0;
}

function isLockTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === '55P03' || error.code === '40P01');
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import type { Ledger } from './open';
import { withTransaction } from './open';

/** Salted, so that the list does not tell who is on it; hashed by the ledger, so that the salt never leaves it. */
const hashOf = (customer: string) =>
  `sha256(convert_to((select value from settings where name = 'key-salt') || ${customer}, 'UTF8'))`;

/** Condition: this customer (an expression of SQL) is forgotten. Hashes nothing while nobody is. */
export const isForgotten = (customer: string) =>
  `((select exists (select from suppressed)) and exists (select from suppressed s where s.hash = ${hashOf(customer)}))`;

/** What is left of the outbox row of somebody who was forgotten: its number, which receipts count on. */
export const EMPTIED = `customer = 'forgotten ' || seq, body = '', new_values = '', value_count = 0`;

/** Whether anybody is forgotten: mostly nobody is, and then no customer need be hashed. */
export async function hasSuppressed(ledger: Ledger): Promise<boolean> {
  const { rows } = await ledger.raw('select exists (select from suppressed) as any');
  return rows[0].any;
}

/** Who of these customers is forgotten. */
export async function suppressedAmong(ledger: Ledger, customers: string[]): Promise<Set<string>> {
  const { rows } = await ledger.raw(
    `select customer from unnest(?::text[]) as c(customer) where ${isForgotten('c.customer')}`,
    [customers],
  );
  return new Set(rows.map((row: { customer: string }) => row.customer));
}

/** Since when a customer is forgotten (ISO 8601), or null. */
export async function suppressedSince(ledger: Ledger, customer: string): Promise<string | null> {
  const { rows } = await ledger.raw(
    `select to_char(at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at from suppressed where hash = ${hashOf('?::text')}`,
    [customer],
  );
  return rows[0]?.at ?? null;
}

/** What was deleted, in rows; an outbox row of a run that is under way is emptied, for its number is counted on. */
export interface Forgotten {
  /** ISO 8601. */
  at: string;
  deleted: { acknowledged: number; uncertain: number; rejections: number; selections: number; outbox: number };
}

/** Something that writes to the ledger did not make room; nothing was done. */
export class LedgerBusyError extends Error {
  override readonly name = 'LedgerBusyError';
}

/** Shorter than Postgres's search for deadlocks (1 s): whoever else waits is never the one that is given up. */
const LOCK_TIMEOUT_MS = 500;
const TRIES = 40;

/**
 * Forgets a customer in one transaction: on the list, and every row of theirs gone. Waits until the pages, receipts and ends
 * of runs that are just being written are through, and holds up the next ones meanwhile; so none of them can bring back a
 * row. A request in the air is answered later and leaves no row. Rejects with {@link LedgerBusyError} after half a minute.
 */
export async function forgetCustomer(ledger: Ledger, customer: string): Promise<Forgotten> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await withTransaction(ledger, (connection) => forget(connection, customer));
    } catch (error) {
      if (!isLockTimeout(error)) throw error;
      if (attempt === TRIES) throw new LedgerBusyError('The ledger did not make room to forget a customer.');
      await sleep(Math.random() * LOCK_TIMEOUT_MS);
    }
  }
}

async function forget(connection: Client, customer: string): Promise<Forgotten> {
  await connection.query(`set local lock_timeout to ${LOCK_TIMEOUT_MS}`);
  // Pages and ends of runs update `runs`; receipts lock `leases`.
  await connection.query('lock table runs in exclusive mode');
  await connection.query('lock table leases in exclusive mode');
  await connection.query(
    `insert into suppressed (hash) values (${hashOf('$1::text')}) on conflict (hash) do update set at = clock_timestamp()`,
    [customer],
  );
  const { rows } = await connection.query<{ at: string }>(
    `select to_char(at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at from suppressed where hash = ${hashOf('$1::text')}`,
    [customer],
  );
  const touched = async (sql: string) => (await connection.query(sql, [customer])).rowCount ?? 0;
  // By way of all targets and runs: the tables' keys begin with them.
  const everyTarget = 'target_id = any(array(select id from targets))';
  return {
    at: rows[0]!.at,
    deleted: {
      acknowledged: await touched(`delete from acknowledged where ${everyTarget} and customer = $1`),
      uncertain: await touched(`delete from uncertain where ${everyTarget} and customer = $1`),
      rejections: await touched('delete from rejections where customer = $1'),
      selections: await touched('delete from selections where customer = $1'),
      outbox: await touched(
        `update outbox set ${EMPTIED} where run = any(array(select number from runs)) and customer = $1`,
      ),
    },
  };
}

/** Takes a customer off the list; false when they were not on it. What was deleted stays deleted. */
export async function rememberCustomer(ledger: Ledger, customer: string): Promise<boolean> {
  const { rowCount } = await ledger.raw(`delete from suppressed where hash = ${hashOf('?::text')}`, [customer]);
  return rowCount > 0;
}

function isLockTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === '55P03' || error.code === '40P01');
}

import type { Knex } from 'knex';
import type { Client } from 'pg';
import type { Ledger } from './open';

/** A value of a statement. A list travels as one Postgres array: `any(:customers::text[])`. */
export type Binding = string | number | boolean | null | readonly (string | number | null)[];

/** The answer to one statement. */
export interface Answer<Row> {
  rows: Row[];
  /** Rows returned, or for a statement without `returning` rows changed. */
  rowCount: number;
}

/** An open transaction, on its own connection. {@link query} takes it in place of the ledger. */
export class Transaction {
  readonly ledger: Ledger;
  /** For COPY, savepoints and the statement of `receipts.ts`; everything else asks by {@link query}. */
  readonly connection: Client;

  constructor(ledger: Ledger, connection: Client) {
    this.ledger = ledger;
    this.connection = connection;
  }
}

/** What a ledger is inside this folder. All other code has the opaque type. */
export function knexOf(ledger: Ledger): Knex {
  return ledger as unknown as Knex;
}

/**
 * Runs one statement, on any connection or inside a transaction. Without `Row` its rows cannot be read.
 *
 * Values are knex's named bindings: `where run = :run`. A name may be used more than once, and must not be that of a type in a
 * cast (`::text`) or a part of a time format (`HH24:MI:SS`). A question mark would count as a binding too: the operator `?` of
 * jsonb is written `jsonb_exists`.
 */
export async function query<Row extends object = never>(
  on: Ledger | Transaction,
  sql: string,
  bindings: Readonly<Record<string, Binding>> = {},
): Promise<Answer<Row>> {
  const inTransaction = on instanceof Transaction;
  const statement = knexOf(inTransaction ? on.ledger : on).raw<{ rows: Row[]; rowCount: number | null }>(sql, bindings);
  if (inTransaction) statement.connection(on.connection);
  const { rows, rowCount } = await statement;
  return { rows, rowCount: rowCount ?? 0 };
}

/** Runs a step on one `pg` connection: for rows as arrays and for the statement that records receipts. */
export async function withConnection<T>(ledger: Ledger, step: (connection: Client) => Promise<T>): Promise<T> {
  const { client } = knexOf(ledger);
  const connection: Client = await client.acquireConnection();
  try {
    return await step(connection);
  } finally {
    await client.releaseConnection(connection);
  }
}

/**
 * Runs a step in one transaction. A failed step leaves no changes.
 *
 * Not `knex.transaction`: that reuses a connection whose rollback failed or took longer than 5 s, and sends no rollback after a
 * `begin` without an answer.
 */
export async function withTransaction<T>(ledger: Ledger, step: (transaction: Transaction) => Promise<T>): Promise<T> {
  return withConnection(ledger, async (connection) => {
    try {
      // Inside: a `begin` that timed out may still arrive, and the rollback behind it ends what it began.
      await connection.query('begin');
      const result = await step(new Transaction(ledger, connection));
      await connection.query('commit');
      return result;
    } catch (error) {
      // The connection itself may have failed; the first error counts.
      await connection.query('rollback').catch(() => dispose(connection));
      throw error;
    }
  });
}

/** A connection that may still be inside a transaction must never be reused: its next user would commit the rest. */
function dispose(connection: Client): void {
  // knex's pool destroys a connection with this mark instead of reusing it.
  (connection as Client & { __knex__disposed?: boolean }).__knex__disposed = true;
  (connection as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
}

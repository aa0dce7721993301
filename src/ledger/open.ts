import { knex, type Knex } from 'knex';
import type { Client } from 'pg';

/** A connection to the ledger. Each file of this room asks it one kind of question. */
export type Ledger = Knex;

/** Long enough to count ten million rows. The server gives up first, so that the connection stays clean. */
const STATEMENT_TIMEOUT_MS = 300_000;

/** Everything lives in a schema of its own, so a ledger may share a database with others. */
export const LEDGER_SCHEMA = 'peak_braze';

/**
 * Opens the ledger by its Postgres URL. Nothing is connected until the first question; {@link migrateLedger} has to have
 * run once. `Ledger.destroy()` closes it.
 */
export function openLedger(url: string, { connections = 12 }: { connections?: number } = {}): Ledger {
  return knex({
    client: 'pg',
    connection: {
      connectionString: url,
      application_name: 'peak-braze-sync',
      keepAlive: true,
      connectionTimeoutMillis: 10_000,
      // A server that vanished without a word must not hold a chunk's recorder for ever.
      query_timeout: STATEMENT_TIMEOUT_MS + 30_000,
    } as Knex.PgConnectionConfig,
    searchPath: [LEDGER_SCHEMA],
    pool: {
      min: 0,
      max: connections,
      afterCreate: (connection: Client, done: (error: Error | null, connection: Client) => void) => {
        connection.query(
          `set time zone 'UTC'; set datestyle to 'ISO'; set statement_timeout to ${STATEMENT_TIMEOUT_MS}`,
          (error: Error | null) => done(error, connection),
        );
      },
    },
    acquireConnectionTimeout: 15_000,
    // Warnings of the pool would print connection settings and bindings, which carry customer ids.
    log: { warn() {}, error() {}, deprecate() {}, debug() {} },
  });
}

/** Runs a step on one raw connection: for COPY and for array rows, which knex does not offer. */
export async function withConnection<T>(ledger: Ledger, step: (connection: Client) => Promise<T>): Promise<T> {
  const connection: Client = await ledger.client.acquireConnection();
  try {
    return await step(connection);
  } finally {
    await ledger.client.releaseConnection(connection);
  }
}

/** Runs a step in one transaction on a raw connection. A failed step leaves nothing behind. */
export async function withTransaction<T>(ledger: Ledger, step: (connection: Client) => Promise<T>): Promise<T> {
  return withConnection(ledger, async (connection) => {
    try {
      // Inside: one that was given up may still arrive, and the rollback behind it ends what it began.
      await connection.query('begin');
      const result = await step(connection);
      await connection.query('commit');
      return result;
    } catch (error) {
      // The connection may be the thing that broke; the first error is the one that counts.
      await connection.query('rollback').catch(() => dispose(connection));
      throw error;
    }
  });
}

/** A connection that may still be inside a transaction must never be lent again: its next borrower would commit the rest. */
function dispose(connection: Client): void {
  // knex's pool destroys, instead of lending, what carries this mark.
  (connection as Client & { __knex__disposed?: boolean }).__knex__disposed = true;
  (connection as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
}

import { knex, type Knex } from 'knex';
import type { Client } from 'pg';

declare const ledgerBrand: unique symbol;

/**
 * The sync state in Postgres, with its pool of connections. Opaque: only this folder runs SQL on it (`query.ts`), and each of
 * its files asks one kind of question.
 */
export interface Ledger {
  readonly [ledgerBrand]: 'ledger';
  /** Closes the connections once what runs on them has ended. */
  destroy(): Promise<void>;
}

/** Long enough to count ten million rows. The server times out first, so that the connection stays usable. */
const STATEMENT_TIMEOUT_MS = 300_000;

/** Everything is in one schema, so that a ledger may share a database. */
export const LEDGER_SCHEMA = 'peak_braze';

/**
 * Opens the ledger by its Postgres URL. It connects with the first query; `migrateLedger` must have run once.
 *
 * @param options.connections most connections at a time; default 12
 */
export function openLedger(url: string, { connections = 12 }: { connections?: number } = {}): Ledger {
  const ledger = knex({
    client: 'pg',
    connection: {
      connectionString: url,
      application_name: 'peak-braze-sync',
      keepAlive: true,
      connectionTimeoutMillis: 10_000,
      // A server that vanished silently must not block the recording of receipts forever.
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
  return ledger as unknown as Ledger;
}

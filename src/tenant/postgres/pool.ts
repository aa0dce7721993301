import { knex, type Knex } from 'knex';
import type { Client } from 'pg';
import type { Dialect } from '../dialects';
import type { TenantOptions } from '../store';

/** A pool of at most four sessions; none is opened before the first query. */
export function connect(url: string, dialect: Dialect, { giveUpAfterMs }: TenantOptions): Knex {
  const limit = giveUpAfterMs === undefined ? '' : `; set statement_timeout to ${giveUpAfterMs}`;
  const db = knex({
    client: dialect.client,
    connection: {
      connectionString: url,
      application_name: 'peak-braze-sync',
      keepAlive: true,
      connectionTimeoutMillis: 10_000,
      // In addition to the server's own limit, which a vanished server cannot enforce.
      query_timeout: giveUpAfterMs === undefined ? undefined : giveUpAfterMs + 1_000,
      // Every value as the database's own text: parsing NUMERIC, INT8 and timestamps here would lose digits.
      types: { getTypeParser: () => (text: string) => text },
    } as Knex.PgConnectionConfig,
    pool: {
      min: 0,
      max: 4,
      afterCreate: (connection: Client, done: (error: Error | null, connection: Client) => void) => {
        connection.query(dialect.session + limit, (error: Error | null) => done(error, connection));
      },
    },
    acquireConnectionTimeout: 15_000,
    // Warnings of the pool would print rows and connection settings.
    log: { warn() {}, error() {}, deprecate() {}, debug() {} },
  });
  db.client.positionBindings = positionBindings;
  return db;
}

/**
 * Numbers the bindings: `?` becomes `$1`, an escaped `\?` a question mark. knex's own function removes every backslash in front
 * of an escaped question mark, and a config's query may have its own there, in a regular expression.
 */
function positionBindings(sql: string): string {
  let count = 0;
  return sql.replace(/(\\?)\?/g, (_, escape: string) => {
    if (escape !== '') return '?';
    count += 1;
    return `$${count}`;
  });
}

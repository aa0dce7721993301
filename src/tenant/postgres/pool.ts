import { knex, type Knex } from 'knex';
import type { Dialect } from '../dialects';
import type { TenantOptions } from '../store';

export function connect(url: string, dialect: Dialect, { giveUpAfterMs }: TenantOptions): Knex {
  return knex({
    client: dialect.client,
    connection: {
      connectionString: url,
      application_name: 'peak-braze-sync',
      keepAlive: true,
      connectionTimeoutMillis: 10_000,
      // Beside the server's own limit below: a server that vanished keeps none.
      query_timeout: giveUpAfterMs === undefined ? undefined : giveUpAfterMs + 1_000,
      // Every value as the database's own text: parsing NUMERIC, INT8 and timestamps here would lose digits.
      types: { getTypeParser: () => (text: string) => text },
    } as Knex.PgConnectionConfig,
    pool: {
      min: 0,
      max: 4,
      afterCreate: (
        connection: { query(sql: string, done: (error: Error | null) => void): void },
        done: (error: Error | null, connection: unknown) => void,
      ) => {
        // One zone and one date style make texts comparable; read only, because this is somebody else's database.
        const session =
          dialect.client === 'pg'
            ? "set time zone 'UTC'; set datestyle to 'ISO'; set extra_float_digits to 1; set default_transaction_read_only to on"
            : "set time zone to 'UTC'; set datestyle to 'ISO'";
        const limit = giveUpAfterMs === undefined ? '' : `; set statement_timeout to ${giveUpAfterMs}`;
        connection.query(session + limit, (error) => done(error, connection));
      },
    },
    acquireConnectionTimeout: 15_000,
    // Warnings of the pool would print rows and connection settings.
    log: { warn() {}, error() {}, deprecate() {}, debug() {} },
  });
}

import type { Knex } from 'knex';

/**
 * The differences between databases with the Postgres protocol. Everything else is knex's builder, or SQL that all of them
 * support.
 */
export interface Dialect {
  /** knex's name of the database. */
  client: 'pg' | 'redshift';
  /** Starts a session: times in UTC and ISO format make texts comparable; read only, because this is the user's database. */
  session: string;
  /** The database's own clock, with its zone. */
  clock: string;
  /** Whether tables have partitions, which the catalog lists as tables although users do not see them as such. */
  hasPartitions: boolean;
  /** Whether the catalog lists indexes. */
  showsIndexes: boolean;
  /** Keeps only the rows after a position in the order (updated_at, customer id). */
  after(query: Knex.QueryBuilder, columns: PositionSql, position: PositionSql): void;
}

/** The two parts of a position, as columns or as values. */
export interface PositionSql {
  updatedAt: Knex.Raw;
  customerId: Knex.Raw;
}

/** Postgres itself. */
export const postgresDialect: Dialect = {
  client: 'pg',
  session:
    "set time zone 'UTC'; set datestyle to 'ISO'; set extra_float_digits to 1; set default_transaction_read_only to on",
  clock: 'select clock_timestamp()',
  hasPartitions: true,
  showsIndexes: true,
  // A row comparison lets Postgres seek in an index on both columns.
  after(query, columns, { updatedAt, customerId }) {
    query.whereRaw('(??, ??) > (?, ?)', [columns.updatedAt, columns.customerId, updatedAt, customerId]);
  },
};

/** From Amazon's documentation only: not tested against a Redshift. */
export const redshiftDialect: Dialect = {
  client: 'redshift',
  session: "set time zone to 'UTC'; set datestyle to 'ISO'",
  clock: "select convert_timezone('UTC', getdate())::timestamptz",
  hasPartitions: false,
  showsIndexes: false,
  // Redshift has no row comparison.
  after(query, columns, { updatedAt, customerId }) {
    query.where((beyond) =>
      beyond
        .where(columns.updatedAt, '>', updatedAt)
        .orWhere((tie) => tie.where(columns.updatedAt, '=', updatedAt).where(columns.customerId, '>', customerId)),
    );
  },
};

/** Where the databases that speak Postgres's protocol differ. */
export interface Dialect {
  client: 'pg' | 'redshift';
  /** The database's own clock, with its zone. */
  clock: string;
  /** `(a, b) > (x, y)`; the row form lets Postgres seek in an index on both columns. */
  after: (updatedAt: string, customerId: string, position: [string, string]) => string;
}

export const postgresDialect: Dialect = {
  client: 'pg',
  clock: 'select clock_timestamp()',
  after: (updatedAt, customerId, [at, id]) => `(${updatedAt}, ${customerId}) > (${at}, ${id})`,
};

/** From Amazon's documentation only: no Redshift can be reached from where this was written. */
export const redshiftDialect: Dialect = {
  client: 'redshift',
  clock: "select convert_timezone('UTC', getdate())::timestamptz",
  after: (updatedAt, customerId, [at, id]) =>
    `(${updatedAt} > ${at} or (${updatedAt} = ${at} and ${customerId} > ${id}))`,
};

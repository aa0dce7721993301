import knex, { type Knex } from 'knex';
import { postgresDialect, redshiftDialect, type Dialect } from '../../src/tenant/dialects';

let db: Knex;
beforeAll(() => {
  db = knex({ client: 'pg', connection: process.env.TEST_POSTGRES_URL!, pool: { min: 0, max: 1 } });
});
afterAll(() => db.destroy());

/** Two moments and two ids in every combination, and a position before, on and between them. */
const ROWS = `(values ('2026-01-01', 'b'), ('2026-01-01', 'd'), ('2026-01-02', 'b'), ('2026-01-02', 'd')) as t (at, id)`;

function after(dialect: Dialect, at: string, id: string): Knex.QueryBuilder {
  const query = db.from(db.raw(ROWS)).select('at', 'id').orderBy(['at', 'id']);
  dialect.after(
    query,
    { updatedAt: db.raw('t.at'), customerId: db.raw('t.id') },
    { updatedAt: db.raw('?::text', [at]), customerId: db.raw('?::text', [id]) },
  );
  return query;
}

test.each([
  ['2025-12-31', 'z', 4],
  ['2026-01-01', 'a', 4],
  ['2026-01-01', 'b', 3],
  ['2026-01-01', 'c', 3],
  ['2026-01-01', 'd', 2],
  ['2026-01-01', 'e', 2],
  ['2026-01-02', 'c', 1],
  ['2026-01-02', 'd', 0],
])('after (%s, %s) there are %d rows, whether rows are compared or their parts', async (at, id, left) => {
  const compared = await after(postgresDialect, at, id);
  expect(compared).toHaveLength(left);
  expect(await after(redshiftDialect, at, id)).toEqual(compared);
});

test('conditions beside it hold as well', async () => {
  const rows = await after(redshiftDialect, '2026-01-01', 'b').where('id', 'b');
  expect(rows).toEqual([{ at: '2026-01-02', id: 'b' }]);
});

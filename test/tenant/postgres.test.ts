import { randomUUID } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import * as fc from 'fast-check';
import knex, { type Knex } from 'knex';
import { openTenant } from '../../src/tenant/open';
import { isTransient, TenantProblem } from '../../src/tenant/problem';
import type { RelationShape, TenantRow, TenantStore, Window, WindowPosition } from '../../src/tenant/store';
import { eventually } from '../environment';
import { emptyDatabase } from '../ledger/database';

let url: string;
let db: Knex;
let store: TenantStore;
const opened: TenantStore[] = [];
beforeAll(async () => {
  url = await emptyDatabase();
  db = knex({ client: 'pg', connection: url, pool: { min: 0, max: 2 } });
  store = open(url);
});
afterAll(async () => {
  await Promise.all(opened.map((one) => one.close()));
  await db.destroy();
});

function open(at: string): TenantStore {
  const one = openTenant(at);
  opened.push(one);
  return one;
}

/** A table of its own for a test. */
async function table(columns: string): Promise<string> {
  const name = `t_${randomUUID().slice(0, 8)}`;
  await db.raw(`create table ${name} (${columns})`);
  return name;
}

async function shapeOf(relation: RelationShape['relation'], columns: string[] = []): Promise<RelationShape> {
  const types = new Map((await store.columns(relation)).map(({ name, databaseType }) => [name, databaseType]));
  return {
    relation,
    columns,
    customerId: 'customer_id',
    updatedAt: 'updated_at',
    customerIdType: types.get('customer_id')!,
    updatedAtType: types.get('updated_at')!,
  };
}

const EVERYTHING: Window = { from: null, to: '2100-01-01 00:00:00+00', tolerateUnknownZone: false };

/** All pages of a window, as extraction reads them. */
async function pages(shape: RelationShape, size: number, window = EVERYTHING): Promise<TenantRow[][]> {
  const all: TenantRow[][] = [];
  for (let after: WindowPosition | null = null; ;) {
    const page: TenantRow[] = await store.readWindow(shape, window, after, size);
    if (page.length > 0) all.push(page);
    if (page.length < size) return all;
    if (all.length > 1_000) throw new Error('The pages have no end.');
    const last = page.at(-1)!;
    after = { updatedAt: last.updatedAt!, customerId: last.customerId! };
  }
}

async function problem(question: Promise<unknown>): Promise<TenantProblem> {
  const error = await question.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TenantProblem);
  return error as TenantProblem;
}

describe('pages of a window', () => {
  /** Few moments a microsecond or more apart, so that ties and neighbours are the rule. */
  const moment = fc.constantFrom(
    '2026-01-01 00:00:00+00',
    '2026-01-01 00:00:00.000001+00',
    '2026-01-01 00:00:00.000002+00',
    '2026-01-01 00:00:00.001+00',
    '2025-12-31 23:59:59.999999+00',
    '2026-07-01 12:00:00.5+02',
    'infinity',
  );
  const ids: [string, string, fc.Arbitrary<string>][] = [
    ['int4', 'int', fc.integer({ min: -50, max: 50 }).map(String)],
    [
      'int8',
      'bigint',
      fc.constantFrom('9223372036854775807', '9007199254740993', '9007199254740992', '-1', '0', '10', '9'),
    ],
    ['uuid', 'uuid', fc.uuid()],
    [
      'text',
      'text',
      fc.string({
        unit: fc.constantFrom('a', 'B', 'b', 'é', 'Z', '-', '_', '1', '🦊', "'", '?'),
        minLength: 1,
        maxLength: 3,
      }),
    ],
    ['varchar', 'varchar(40)', fc.string({ unit: fc.constantFrom('a', 'A', ' ', '1'), minLength: 1, maxLength: 3 })],
    ['numeric', 'numeric', fc.constantFrom('1', '1.5', '-2', '12345678901234567890.123', '10', '9')],
  ];

  test.each(ids)('together they are the table, each row once, with %s ids', async (databaseType, columnType, id) => {
    const name = await table(`customer_id ${columnType} primary key, updated_at timestamptz, value int`);
    const shape = await shapeOf({ table: name }, ['value']);
    expect(shape.customerIdType).toBe(databaseType);
    const store = fc.uniqueArray(fc.tuple(id, moment), { selector: ([one]) => one, minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(store, fc.integer({ min: 1, max: 9 }), async (rows, size) => {
        await db.raw(`truncate ${name}`);
        await db.raw(
          `insert into ${name} select i::${columnType}, t::timestamptz, n from unnest(?::text[], ?::text[]) with ordinality as u(i, t, n)`,
          [rows.map(([one]) => one), rows.map(([, at]) => at)],
        );
        const window = { from: null, to: 'infinity', tolerateUnknownZone: false };
        const read = (await pages(shape, size, window)).flat();
        expect(read.map(({ values }) => Number(values[0])).toSorted((a, b) => a - b)).toEqual(
          rows.map((_, n) => n + 1),
        );
        const { rows: ordered } = await db.raw(
          `select customer_id::text as id from ${name} order by updated_at, customer_id`,
        );
        expect(read.map(({ customerId }) => customerId)).toEqual(ordered.map((row: { id: string }) => row.id));
      }),
      { numRuns: 15 },
    );
  });

  test('the window includes both its bounds, to the microsecond', async () => {
    const name = await table('customer_id int, updated_at timestamptz');
    await db.raw(
      `insert into ${name} select n, '2026-01-01 00:00:00+00'::timestamptz + n * interval '1 microsecond' from generate_series(1, 9) n`,
    );
    const shape = await shapeOf({ table: name });
    const window = {
      from: '2026-01-01 00:00:00.000003+00',
      to: '2026-01-01 00:00:00.000006+00',
      tolerateUnknownZone: false,
    };
    const read = (await pages(shape, 2, window)).flat();
    expect(read.map(({ customerId }) => customerId)).toEqual(['3', '4', '5', '6']);
    expect(read[0]!.updatedAt).toBe('2026-01-01 00:00:00.000003+00');
  });

  test.each(['timestamp', 'date', 'timestamptz(0)'])('work on a column of type %s', async (type) => {
    const name = await table(`customer_id text, updated_at ${type}`);
    await db.raw(
      `insert into ${name} select 'c' || n, '2026-01-01'::timestamp + (n % 3) * interval '1 day' from generate_series(1, 10) n`,
    );
    const shape = await shapeOf({ table: name });
    expect((await pages(shape, 3)).flat()).toHaveLength(10);
    const window = { from: '2026-01-02 00:00:00+00', to: '2026-01-02 12:00:00+00', tolerateUnknownZone: false };
    expect((await pages(shape, 3, window)).flat()).toHaveLength(4);
  });

  test('rows without an id or without a time are not among them; they are counted and read apart', async () => {
    const name = await table('customer_id text, updated_at timestamptz');
    await db.raw(
      `insert into ${name} values ('a', '2026-01-01'), (null, '2026-01-01'), (null, '2027-01-01'), ('b', null), ('d', null), ('c', null), (null, null)`,
    );
    const shape = await shapeOf({ table: name });
    expect((await pages(shape, 10)).flat().map(({ customerId }) => customerId)).toEqual(['a']);
    expect((await store.readUndated(shape, null, 2)).map(({ customerId }) => customerId)).toEqual(['b', 'c']);
    expect((await store.readUndated(shape, 'c', 2)).map(({ customerId }) => customerId)).toEqual(['d']);
    expect(await store.countWithoutId(shape, EVERYTHING, false)).toBe(2);
    expect(await store.countWithoutId(shape, EVERYTHING, true)).toBe(3);
    expect(await store.countWithoutId(shape, { from: null, to: '2026-06-01', tolerateUnknownZone: false }, false)).toBe(
      1,
    );
    expect(await store.countRows(shape, '2026-06-01')).toEqual({ total: 7, later: 1, undated: 4 });
  });

  test('an empty table counts as empty', async () => {
    const shape = await shapeOf({ table: await table('customer_id text, updated_at timestamptz') });
    expect(await pages(shape, 10)).toEqual([]);
    expect(await store.countRows(shape, '2026-01-01')).toEqual({ total: 0, later: 0, undated: 0 });
  });
});

describe('customers by id', () => {
  test.each([
    ['int', ['3', '99', 'abc', '1e1', '3.0', '', ' 3', '2147483648', '99999999999999999999'], ['3']],
    ['smallint', ['3', '32768'], ['3']],
    ['bigint', ['9007199254740993', '9223372036854775808', 'x'], ['9007199254740993']],
    ['uuid', ['3f2504e0-4f89-41d3-9a0c-0305e82c3301', 'c000001', '3f2504e0'], ['3f2504e0-4f89-41d3-9a0c-0305e82c3301']],
    ['numeric', ['1.5', 'NaN?', '1,5', 'abc'], ['1.5']],
    ['text', ["o'brien", 'a?b', 'tab\t', 'nobody', '$1'], ["o'brien", 'a?b', 'tab\t', '$1']],
  ])('of type %s: those that cannot be of it are simply not found', async (type, asked, there) => {
    const name = await table(`customer_id ${type}, updated_at timestamptz`);
    for (const id of there) await db.raw(`insert into ${name} values (?, now())`, [id]);
    const shape = await shapeOf({ table: name });
    const found = await store.readCustomers(shape, asked);
    expect(found).toHaveLength(there.length);
    expect(new Set(found.map(({ customerId }) => customerId))).toEqual(new Set(there));
  });

  test('rows of one customer come oldest first, those without a time before all', async () => {
    const name = await table('customer_id text, updated_at timestamptz, value int');
    await db.raw(`insert into ${name} values ('a', '2026-01-02', 2), ('a', null, 0), ('a', '2026-01-01', 1)`);
    const shape = await shapeOf({ table: name }, ['value']);
    expect((await store.readCustomers(shape, ['a', 'b'])).map(({ values }) => values[0])).toEqual(['0', '1', '2']);
  });

  test('five thousand at once, as extraction asks', async () => {
    const name = await table('customer_id text, updated_at timestamptz');
    await db.raw(`insert into ${name} select 'c' || n, now() from generate_series(1, 5000) n`);
    const shape = await shapeOf({ table: name });
    const ids = Array.from({ length: 5_000 }, (_, index) => `c${index + 1}`);
    expect(await store.readCustomers(shape, ids)).toHaveLength(5_000);
    expect(await store.readCustomers(shape, [])).toEqual([]);
  });
});

describe('values', () => {
  test('are the database’s own text: no digit, no microsecond and no zero is lost', async () => {
    const name = await table(
      `customer_id int8, updated_at timestamptz, money numeric, exact numeric(12,4), score float8, small float4, yes boolean,
       at timestamptz, day date, doc jsonb, list int[], name text`,
    );
    await db.raw(`insert into ${name} values
      (9007199254740993, '2026-01-01 10:20:30.123456+02', 12345678901234567890.12345678901234567890, 1.5, 0.1::float8 + 0.2::float8,
       0.1, true, '2026-03-29 02:30:00.000001+01', '2026-02-28', '{"a": 1.0}', '{1,2}', E'tab\\t\\\\'),
      (2, '2026-01-02', 'NaN', 0, 'NaN', 'Infinity', false, 'infinity', '-infinity', 'null', '{}', ''),
      (3, '2026-01-03', null, null, '-Infinity', '-0', null, null, null, null, null, null)`);
    const columns = ['money', 'exact', 'score', 'small', 'yes', 'at', 'day', 'doc', 'list', 'name', 'money'];
    const shape = await shapeOf({ table: name }, columns);
    const rows = await store.readWindow(shape, EVERYTHING, null, 10);
    expect(rows).toEqual([
      {
        customerId: '9007199254740993',
        updatedAt: '2026-01-01 08:20:30.123456+00',
        values: [
          '12345678901234567890.12345678901234567890',
          '1.5000',
          '0.30000000000000004',
          '0.1',
          't',
          '2026-03-29 01:30:00.000001+00',
          '2026-02-28',
          '{"a": 1.0}',
          '{1,2}',
          'tab\t\\',
          '12345678901234567890.12345678901234567890',
        ],
      },
      {
        customerId: '2',
        updatedAt: '2026-01-02 00:00:00+00',
        values: ['NaN', '0.0000', 'NaN', 'Infinity', 'f', 'infinity', '-infinity', 'null', '{}', '', 'NaN'],
      },
      {
        customerId: '3',
        updatedAt: '2026-01-03 00:00:00+00',
        values: [null, null, '-Infinity', '-0', null, null, null, null, null, null, null],
      },
    ]);
    const types = (await store.columns({ table: name })).map((column) => `${column.name} ${column.databaseType}`);
    expect(types).toEqual([
      'customer_id int8',
      'updated_at timestamptz',
      'money numeric',
      'exact numeric',
      'score float8',
      'small float4',
      'yes bool',
      'at timestamptz',
      'day date',
      'doc jsonb',
      'list _int4',
      'name text',
    ]);
  });

  test('the clock is the database’s own, with microseconds and its zone', async () => {
    expect(await store.clock()).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?\+00$/);
  });
});

describe('times without a zone', () => {
  const window = { from: '2026-11-23 05:00:00+00', to: '2026-11-23 06:00:00+00', tolerateUnknownZone: false };

  test.each([
    ['timestamp', ['west', 'inside', 'east']],
    ['timestamptz', ['inside']],
  ])('%s: a window in any zone reads %j', async (type, expected) => {
    const name = await table(`customer_id text, updated_at ${type}`);
    await db.raw(`insert into ${name} values ('too west', '2026-11-22 16:59'), ('west', '2026-11-22 17:01'),
      ('inside', '2026-11-23 05:30'), ('east', '2026-11-23 19:59'), ('too east', '2026-11-23 20:01')`);
    const shape = await shapeOf({ table: name }, []);
    const read = async (tolerateUnknownZone: boolean) =>
      (await store.readWindow(shape, { ...window, tolerateUnknownZone: tolerateUnknownZone }, null, 10)).map(
        ({ customerId }) => customerId,
      );
    expect(await read(true)).toEqual(expected);
    expect(await read(false)).toEqual(['inside']);
    expect((await store.countRows(shape, window.to)).later).toBe(type === 'timestamp' ? 1 : 2);
  });
});

describe('a query as source', () => {
  let name: string;
  beforeAll(async () => {
    name = await table('customer_id text, updated_at timestamptz, doc jsonb, name text');
    await db.raw(`insert into ${name} values ('a', '2026-01-01', '{"vip": 1}', ?), ('b', '2026-01-02', '{}', 'b')`, [
      'a?b',
    ]);
  });

  const columns = 'customer_id, updated_at, name';
  test.each<[string, (name: string) => string, string[]]>([
    ['a closing semicolon', (t) => `select ${columns} from ${t};`, ['a', 'b']],
    ['a semicolon and blanks', (t) => `  select ${columns} from ${t} ;  \n`, ['a', 'b']],
    ['the question mark of jsonb', (t) => `select ${columns} from ${t} where doc ? 'vip'`, ['a']],
    [
      'several question marks',
      (t) => `select ${columns} from ${t} where doc ?| array['vip'] and name like '%?%';`,
      ['a'],
    ],
    ['an escaped question mark', (t) => `select ${columns} from ${t} where name ~ 'a\\?b'`, ['a']],
    ['an escaped backslash before one', (t) => `select ${columns} from ${t} where name ~ 'a\\\\?\\?b'`, ['a']],
    ['two of them in a string', (t) => `select ${columns} from ${t} where name <> '??' and doc ? 'vip'`, ['a']],
    [
      'what looks like a named binding',
      (t) => `select ${columns} from ${t} where name <> ':limit' and 1::int=1`,
      ['a', 'b'],
    ],
    ['a closing comment', (t) => `select ${columns} from ${t} -- what the model wrote`, ['a', 'b']],
    ['a comment behind the semicolon', (t) => `select ${columns} from ${t}; -- done`, ['a', 'b']],
    ['colons and dollars', (t) => `select ${columns} from ${t} where name::text <> ':name $1 ::'`, ['a', 'b']],
    ['an order and a limit', (t) => `select ${columns} from ${t} order by customer_id desc limit 1`, ['b']],
    ['a common table expression', (t) => `with x as (select * from ${t}) select ${columns} from x`, ['a', 'b']],
  ])('may have %s', async (_, query, expected) => {
    const shape = await shapeOf({ query: query(name) }, ['name']);
    const read = (await pages(shape, 1)).flat();
    expect(read.map(({ customerId }) => customerId)).toEqual(expected);
    expect((await store.readCustomers(shape, ['a', 'b'])).length).toBe(expected.length);
    expect((await store.countRows(shape, '2026-01-01')).total).toBe(expected.length);
  });

  test('is read only: what it writes is refused, in the query’s name, and is not waited for', async () => {
    await db.raw(
      `create function meddle() returns setof ${name} language plpgsql as $$ begin delete from ${name}; return query select * from ${name}; end $$`,
    );
    const refused = await problem(
      store
        .columns({ query: 'select * from meddle()' })
        .then(() =>
          shapeOf({ query: 'select * from meddle()' }).then((shape) => store.readWindow(shape, EVERYTHING, null, 5)),
        ),
    );
    expect((await db.raw(`select count(*)::int as n from ${name}`)).rows).toEqual([{ n: 2 }]);
    expect(refused.code).toBe('25006');
    expect(isTransient(refused)).toBe(false);
    expect(refused.message).toMatch(/^The config's query/);
  });

  test('that cannot be read says so without quoting a value', async () => {
    const relation = { query: `select ${columns}, name::int as n from ${name}` };
    const shape = await shapeOf(relation, ['n']);
    const refused = await problem(store.readWindow(shape, EVERYTHING, null, 5));
    expect(refused.message).toBe("The config's query cannot be read as configured (SQLSTATE 22P02).");
    expect(isTransient(refused)).toBe(false);
  });

  test('that is not SQL is a bad query', async () => {
    expect(await problem(store.columns({ query: 'selct 1' }))).toMatchObject({ kind: 'bad-query' });
  });
});

describe('what is missing or closed', () => {
  test('a table, a schema, a column', async () => {
    expect(await problem(store.columns({ table: 'nowhere' }))).toMatchObject({
      kind: 'missing-table',
      code: '42P01',
      message: "nowhere does not exist in the tenant's database. Check its name and schema.",
    });
    expect(await problem(store.columns({ table: 'no_schema.nowhere' }))).toMatchObject({ kind: 'missing-table' });
    const name = await table('customer_id text, updated_at timestamptz');
    const shape = { ...(await shapeOf({ table: name })), columns: ['missing'] };
    expect(await problem(store.readWindow(shape, EVERYTHING, null, 1))).toMatchObject({ kind: 'missing-column' });
  });

  test('names are quoted: a table in a schema, capitals, a quote, a keyword, a dot and a question mark in a column', async () => {
    await db.raw(
      `create schema "Mart"; create table "Mart"."Order ""x""" ("select" int, "sc.ore\\?" int, customer_id text, updated_at timestamptz)`,
    );
    await db.raw(`insert into "Mart"."Order ""x""" values (1, 2, 'a', now())`);
    const relation = { table: 'Mart.Order "x"' };
    const shape = await shapeOf(relation, ['select', 'sc.ore?']);
    const after = { updatedAt: '2000-01-01 00:00:00+00', customerId: '' };
    expect((await store.readWindow(shape, EVERYTHING, after, 5)).map(({ values }) => values)).toEqual([['1', '2']]);
    expect(await store.hasIndex(relation, ['customer_id'])).toBe(false);
  });

  test('a table that may not be read', async () => {
    const name = await table('customer_id text, updated_at timestamptz');
    const role = `reader_${randomUUID().slice(0, 8)}`;
    await db.raw(`create role ${role} login password 'its-secret'`);
    const as = new URL(url);
    [as.username, as.password] = [role, 'its-secret'];
    const refused = await problem(open(as.href).columns({ table: name }));
    expect(refused).toMatchObject({ kind: 'access-refused', code: '42501' });
    expect(refused.message).toBe(`${name} cannot be read by this database user. Grant it SELECT.`);
    await db.raw(`drop role ${role}`);
  });

  test.each<[string, (at: URL) => void, Partial<TenantProblem>, boolean]>([
    ['a wrong password', (at) => void (at.password = 'wr0ng-secret'), { kind: 'access-refused', code: '28P01' }, false],
    ['a user that is not there', (at) => void (at.username = 'nobody-here'), { kind: 'access-refused' }, false],
    ['a database that is not there', (at) => void (at.pathname = '/nowhere'), { kind: 'missing-database' }, false],
    ['a port where nobody listens', (at) => void (at.port = '1'), { kind: 'unavailable', code: 'ECONNREFUSED' }, true],
    ['a host that is not there', (at) => void (at.hostname = 'nowhere.invalid'), { kind: 'unavailable' }, true],
  ])('%s is one sentence without the password', async (_, change, expected, waits) => {
    const at = new URL(url);
    change(at);
    const refused = await problem(open(at.href).clock());
    expect(refused).toMatchObject(expected);
    expect(isTransient(refused)).toBe(waits);
    expect(refused.message).toMatch(/^The tenant's database [^\n]+\.$/);
    for (const secret of ['wr0ng-secret', new URL(url).password]) {
      expect(`${refused.message} ${refused.stack} ${JSON.stringify(refused)}`).not.toContain(secret);
    }
  });

  test('a server that breaks off is waited for', async () => {
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const refused = await problem(open(`postgres://u:hidden@127.0.0.1:${port}/d`).clock());
    expect(isTransient(refused)).toBe(true);
    expect(refused.message).not.toContain('hidden');
    server.close();
  });

  test('a connection that the server ended is opened again', async () => {
    const one = open(url);
    await one.clock();
    await db.raw(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'peak-braze-sync'`,
    );
    // A query on the dead connection may be retried; the next ones are answered.
    const answer = await eventually(
      () =>
        one.clock().catch((error: TenantProblem) => {
          expect(isTransient(error)).toBe(true);
          return null;
        }),
      'an answer',
    );
    expect(answer).toMatch(/^\d{4}/);
  });

  test.each(['mysql://u:hidden@h/d', 'not a url', '', 'hidden'])('the url %j is refused without being shown', (bad) => {
    expect(() => openTenant(bad)).toThrow(TenantProblem);
    try {
      openTenant(bad);
    } catch (error) {
      expect((error as TenantProblem).kind).toBe('unsupported-url');
      expect((error as Error).message).not.toContain('hidden');
    }
  });

  test('the session is read only', async () => {
    const { rows } = await db.raw(`select count(*)::int as n from pg_tables`);
    expect(rows[0].n).toBeGreaterThan(0);
    const shape = await shapeOf(
      {
        query: `select current_setting('default_transaction_read_only') as mode, 'a' as customer_id, now() as updated_at`,
      },
      ['mode'],
    );
    expect((await store.readWindow(shape, EVERYTHING, null, 1))[0]!.values).toEqual(['on']);
  });
});

describe('an index', () => {
  test('is one that begins with the columns; partial ones, views and queries do not count', async () => {
    const name = await table('customer_id text, updated_at timestamptz, other int');
    const wanted = ['updated_at', 'customer_id'];
    expect(await store.hasIndex({ table: name }, wanted)).toBe(false);
    await db.raw(`create index on ${name} (customer_id, updated_at); create index on ${name} (updated_at)`);
    await db.raw(`create index on ${name} (updated_at, customer_id) where other = 1`);
    expect(await store.hasIndex({ table: name }, wanted)).toBe(false);
    expect(await store.hasIndex({ table: name }, ['updated_at'])).toBe(true);
    await db.raw(`create unique index on ${name} (updated_at, customer_id, other)`);
    expect(await store.hasIndex({ table: name }, wanted)).toBe(true);
    await db.raw(`create view ${name}_view as select * from ${name}`);
    expect(await store.hasIndex({ table: `${name}_view` }, wanted)).toBeNull();
    expect(await store.hasIndex({ table: 'nowhere' }, wanted)).toBeNull();
    expect(await store.hasIndex({ query: `select * from ${name}` }, wanted)).toBeNull();
  });
});

describe('model runs', () => {
  let name: string;
  beforeAll(async () => {
    name = await table('id text, model text, status text, started_at timestamptz, completed_at timestamptz');
    await db.raw(`insert into ${name} values
      ('m1', 'churn', 'completed', '2026-01-01 00:00', '2026-01-01 01:00:00.000001'), ('m2', 'churn', 'completed', '2025-12-01', '2026-01-01 01:00:00.000002'),
      ('m3', 'churn', 'running', '2026-01-03', null), ('m4', 'churn', 'failed', '2020-01-01', '2026-01-04'), ('v1', 'value', 'completed', '2019-01-01', '2026-02-01')`);
  });
  const rule = () => ({ kind: 'table', table: name, model: 'churn', timeoutMs: 1, pollMs: 1 }) as const;

  test('the newest completed one of its model, after another to the microsecond', async () => {
    expect(await store.latestModelRun(rule(), null)).toEqual({
      id: 'm2',
      completedAt: '2026-01-01 01:00:00.000002+00',
      rows: null,
    });
    expect(await store.latestModelRun(rule(), '2026-01-01 01:00:00.000001+00')).toMatchObject({ id: 'm2' });
    expect(await store.latestModelRun(rule(), '2026-01-01 01:00:00.000002+00')).toBeNull();
    expect(await store.latestModelRun({ ...rule(), model: 'unknown' }, null)).toBeNull();
  });

  test('its own count of rows, where it states one', async () => {
    const counted = await table(
      'id text, model text, status text, started_at timestamptz, completed_at timestamptz, n text',
    );
    const rowsOf = async (n: string | null) => {
      await db.raw(`delete from ${counted}`);
      await db.raw(`insert into ${counted} values ('m1', 'churn', 'completed', now(), now(), ?)`, [n!]);
      return (await store.latestModelRun({ ...rule(), table: counted, rowCount: 'n' }, null))?.rows;
    };
    expect([await rowsOf('23570'), await rowsOf('0'), await rowsOf(null)]).toEqual([23_570, 0, null]);
    expect([await rowsOf('-1'), await rowsOf('1.5'), await rowsOf('many'), await rowsOf('')]).toEqual([
      null,
      null,
      null,
      null,
    ]);
    const byQuery = {
      kind: 'query',
      query: `select * from ${counted}`,
      timeoutMs: 1,
      pollMs: 1,
      rowCount: 'n',
    } as const;
    expect(await store.latestModelRun(byQuery, '2000-01-01')).toMatchObject({ id: 'm1', rows: null });
    await expect(store.latestModelRun({ ...rule(), rowCount: 'nowhere' }, null)).rejects.toMatchObject({
      name: 'TenantProblem',
    });
  });

  test('the earliest start of those completed since', async () => {
    expect(await store.earliestStart(rule(), null)).toBe('2025-12-01 00:00:00+00');
    expect(await store.earliestStart(rule(), '2026-01-01 01:00:00.000002+00')).toBeNull();
  });

  // One typing error in 2062 ended every later wait without a model run.
  test.each([
    ['timestamptz', '1 minute', '-1 second'],
    // Without a zone it may be the local time of any place: at most 14 hours ahead of UTC.
    ['timestamp', '14 hours 1 minute', '13 hours'],
    ['date', '3 days', '0 days'],
  ])('one that is dated later than the clock has not completed: %s', async (type, ahead, within) => {
    const dated = await table(`id text, model text, status text, started_at timestamptz, completed_at ${type}`);
    const add = (id: string, offset: string) =>
      db.raw(
        `insert into ${dated} values (?, 'churn', 'completed', now(), (now() at time zone 'UTC' + ?::interval)::${type === 'timestamptz' ? "timestamp at time zone 'UTC'" : type})`,
        [id, offset],
      );
    await add('typo', ahead);
    expect(await store.latestModelRun({ ...rule(), table: dated }, null)).toBeNull();
    expect(await store.futureModelRun({ ...rule(), table: dated })).toMatchObject({ id: 'typo' });
    expect(await store.earliestStart({ ...rule(), table: dated }, null)).toBeNull();
    await add('now', within);
    expect(await store.latestModelRun({ ...rule(), table: dated }, null)).toMatchObject({ id: 'now' });
    expect(await store.futureModelRun({ ...rule(), model: 'value', table: dated })).toBeNull();
  });

  test('by query, with a start or without', async () => {
    const query = (columns: string) =>
      ({
        kind: 'query',
        query: `select ${columns} from ${name} where status = 'completed';`,
        timeoutMs: 1,
        pollMs: 1,
      }) as const;
    expect(await store.latestModelRun(query('id, completed_at'), null)).toMatchObject({ id: 'v1' });
    expect(await store.earliestStart(query('id, completed_at'), null)).toBeNull();
    expect(await store.earliestStart(query('id, completed_at, started_at'), null)).toBe('2019-01-01 00:00:00+00');
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { query, withTransaction, type Transaction } from '../../src/ledger/query';
import { PROJECT } from '../environment';
import { openSqlLedger, type SqlLedger } from '../ledgerSql';
import { emptyDatabase } from './database';

let ledger: SqlLedger;
beforeAll(async () => {
  // One connection: the next caller gets the same one, unless it was destroyed.
  ledger = openSqlLedger(await emptyDatabase(), { connections: 1 });
  await ledger.raw('create schema peak_braze; create table kept (n int)');
});
afterAll(() => ledger.destroy());

const backend = async (on: SqlLedger | Transaction = ledger) =>
  (await query<{ pid: number }>(on, 'select pg_backend_pid() as pid')).rows[0]!.pid;

describe('a statement', () => {
  test('takes values by name, one as often as it is named, and lists as arrays', async () => {
    const { rows } = await query<{ twice: number; of: string[] }>(
      ledger,
      'select :n::int + :n::int as twice, array(select unnest(:of::text[]) where :all) as of',
      { n: 21, of: ['a', 'b, "c"', '?'], all: true },
    );
    expect(rows).toEqual([{ twice: 42, of: ['a', 'b, "c"', '?'] }]);
  });

  test('keeps what only looks like a name: casts, time formats, JSON', async () => {
    const { rows } = await query<{ at: string; json: string }>(
      ledger,
      `select to_char(:at::timestamptz, 'HH24:MI:SS') as at, '{"a":1,"b":true}'::text as json`,
      { at: '2026-11-23 05:06:07+00' },
    );
    expect(rows).toEqual([{ at: '05:06:07', json: '{"a":1,"b":true}' }]);
  });

  test('tells how many rows it changed', async () => {
    expect((await query(ledger, 'insert into kept select generate_series(1, :n)', { n: 3 })).rowCount).toBe(3);
    expect((await query(ledger, 'delete from kept')).rowCount).toBe(3);
  });
});

describe('a transaction', () => {
  test('asks on its own connection and leaves nothing behind when a step fails', async () => {
    const failed = withTransaction(ledger, async (transaction) => {
      await query(transaction, 'insert into kept values (1)');
      expect((await query<{ n: number }>(transaction, 'select n from kept')).rows).toEqual([{ n: 1 }]);
      throw new Error('the step failed');
    });
    await expect(failed).rejects.toThrow('the step failed');
    expect((await query<{ n: number }>(ledger, 'select n from kept')).rows).toEqual([]);
  });

  test('gives its connection back after a rollback', async () => {
    const before = await backend();
    await expect(
      withTransaction(ledger, (transaction) => query(transaction, 'select from nowhere')),
    ).rejects.toMatchObject({ code: '42P01' });
    expect(await backend()).toBe(before);
  });

  test.each(['begin', 'rollback'])(
    'whose %s has no answer is not left open for the next user of the connection',
    async (lost) => {
      const before = await backend();
      const { client } = ledger;
      const connection = await client.acquireConnection();
      const ask = connection.query;
      // As a time-out of the driver does: the server gets the statement, and the caller gets an error.
      connection.query = (statement: unknown, ...rest: unknown[]) => {
        const answer = ask.call(connection, statement, ...rest);
        if (statement !== lost) return answer;
        return answer.then(() => Promise.reject(new Error('Query read timeout')));
      };
      await client.releaseConnection(connection);

      const failed = withTransaction(ledger, async (transaction) => {
        await query(transaction, 'insert into kept values (2)');
        throw new Error('the step failed');
      });
      await expect(failed).rejects.toThrow(lost === 'begin' ? 'Query read timeout' : 'the step failed');
      connection.query = ask;

      const after = await backend();
      if (lost === 'rollback') expect(after).not.toBe(before);
      const { rows } = await query<{ open: boolean }>(
        ledger,
        'select now() <> statement_timestamp() as open from pg_sleep(0.001)',
      );
      expect(rows).toEqual([{ open: false }]);
      expect((await query<{ n: number }>(ledger, 'select n from kept')).rows).toEqual([]);
    },
  );
});

test('only the ledger itself asks the ledger in SQL', () => {
  const sources = readdirSync(join(PROJECT, 'src'), { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.startsWith('ledger/'),
  );
  expect(sources.length).toBeGreaterThan(100);
  const asking = sources.filter((name) =>
    /from '[^']*ledger\/query'/.test(readFileSync(join(PROJECT, 'src', name), 'utf8')),
  );
  expect(asking).toEqual([]);
});

import { closeRun } from '../../src/ledger/close';
import { migrateLedger } from '../../src/ledger/migrate';
import { query, withTransaction } from '../../src/ledger/query';
import { recordRejections } from '../../src/ledger/rejections';
import { openRun } from '../../src/ledger/runs';
import { forgetCustomer, suppressedAmong } from '../../src/ledger/suppressed';
import { openSqlLedger, type SqlLedger } from '../ledgerSql';
import { emptyDatabase } from './database';

let ledger: SqlLedger;
let run: number;
beforeEach(async () => {
  ledger = openSqlLedger(await emptyDatabase());
  await migrateLedger(ledger);
  await ledger.raw(`insert into workspaces (name, endpoint) values ('shop', 'https://rest.fra-01.braze.eu');
    insert into targets (workspace_id, sync, identifier) values (1, 'churn', 'external_id');
    insert into leases (kind, name) values ('sync', 'churn')`);
  const request = { modelRun: 'next', since: null, until: null, selection: null, resend: false } as const;
  run = await openRun(
    ledger,
    { sync: 'churn', mode: 'changes', namespace: 'default', workflowId: 'w', firstRunId: 'f', request },
    'extracting',
  );
});
afterEach(() => ledger.destroy());

const rowsOf = async (table: string): Promise<(string | null)[]> =>
  (await ledger(table).select('customer').orderBy('customer')).map(({ customer }) => customer);

/** Starts to forget `a` while a transaction is under way that has begun with `first` and has yet to do `rest`. */
async function forgetAmid(first: string, rest: string): Promise<void> {
  let forgetting: Promise<unknown> = Promise.resolve();
  await withTransaction(ledger, async (transaction) => {
    await query(transaction, first);
    forgetting = forgetCustomer(ledger, 'a');
    const early = await Promise.race([
      forgetting.then(() => true),
      new Promise((done) => setTimeout(done, 1_500, false)),
    ]);
    expect(early).toBe(false);
    await query(transaction, rest);
  });
  await forgetting;
}

test('a receipt that is just being written is waited for, and what it acknowledged is deleted', async () => {
  await forgetAmid(
    `select from leases for share`,
    `insert into acknowledged (target_id, customer, values, run) values (1, 'a', '{}', ${run}), (1, 'b', '{}', ${run})`,
  );
  expect(await rowsOf('acknowledged')).toEqual(['b']);
});

test('a page that is just being committed is waited for, and what it staged is emptied', async () => {
  await forgetAmid(
    `update runs set staged = staged + 2`,
    `insert into outbox values (${run}, 1, 'a', '{"external_id":"a","x":1}', '{"x":1}', 1), (${run}, 2, 'b', '{}', '{}', 1)`,
  );
  expect(await ledger('outbox').select('seq', 'customer', 'body', 'new_values', 'value_count').orderBy('seq')).toEqual([
    { seq: 1, customer: 'forgotten 1', body: '', new_values: '', value_count: 0 },
    { seq: 2, customer: 'b', body: '{}', new_values: '{}', value_count: 1 },
  ]);
});

test('an end of a run that is just being written is waited for, and what it marked is deleted', async () => {
  await forgetAmid(
    `select from runs where number = ${run} for update`,
    `insert into uncertain values (1, 'a', '{x}', ${run}), (1, 'b', '{x}', ${run})`,
  );
  expect(await rowsOf('uncertain')).toEqual(['b']);
});

test('a page that was compared before and is committed after leaves no rejection', async () => {
  await forgetCustomer(ledger, 'a');
  const bad = { attribute: 'x', reason: 'not-a-number', message: '', valueHash: '' } as const;
  await withTransaction(ledger, (transaction) =>
    recordRejections(transaction, 1, run, [
      { ...bad, customerId: 'a' },
      { ...bad, customerId: 'b' },
      { ...bad, customerId: null },
    ]),
  );
  expect(await rowsOf('rejections')).toEqual(['b', null]);
});

test('a run that ends with a forgotten customer in its outbox ends in the usual way', async () => {
  await ledger.raw(`insert into outbox values (${run}, 1, 'a', '{"external_id":"a","x":1}', '{"x":1}', 1);
    insert into claims (run, chunk, claim, from_seq, to_seq) values (${run}, 0, 'c', 1, 1)`);
  await ledger('runs').update({ target_id: 1, in_flight_per_chunk: 8, staged: 1 });
  await forgetCustomer(ledger, 'a');
  expect(await closeRun(ledger, run, 'cancelled')).toBe('cancelled');
  expect(await rowsOf('uncertain')).toEqual([]);
  expect(await rowsOf('outbox')).toEqual([]);
});

test('ids are distinguished to the last byte', async () => {
  await forgetCustomer(ledger, 'Ärger');
  expect(await suppressedAmong(ledger, ['Ärger', 'ärger', 'A\u0308rger', 'Ärger '])).toEqual(new Set(['Ärger']));
});

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import knex, { type Knex } from 'knex';
import { createEnvironment, fillStore, PROJECT, type TestEnvironment } from '../environment';

let world: TestEnvironment;
let reader: Knex | null = null;
/** A role belongs to the whole server: each run of this test makes one of its own. */
const role = `analyst_${randomUUID().slice(0, 8)}`;

const doc = readFileSync(join(PROJECT, 'docs/sql.md'), 'utf8').replaceAll('analyst', role);
const examples = [...doc.matchAll(/```sql\n(.*?)```/gs)].map(([, sql]) => sql!);
const [grants, ...queries] = examples;
const about = (view: string) => queries.filter((sql) => sql.includes(`peak_braze.${view}`));

beforeAll(async () => {
  world = await createEnvironment({ sync: { modelRun: { table: 'model_runs', model: 'churn' } } });
  await world.startWorker();
  await fillStore(world, 100);
  await world.tenant.raw(`update predictive_attributes set customer_id = '00042' where customer_id = 'c000042';
    update predictive_attributes set churn_probability = 'NaN' where customer_id = 'c000001';
    insert into model_runs values ('m1', 'churn', 'completed', now(), now())`);
  await world.run({ modelRun: 'latest' });
  await world.tenant.raw(
    `update predictive_attributes set next_best_product = 'tea', updated_at = clock_timestamp() where customer_id = '00042'`,
  );
  await world.run({ modelRun: 'latest' });
  await world.ledger.raw(grants!);
  const url = new URL(world.ledgerUrl);
  url.username = role;
  url.password = 'choose-one';
  reader = knex({ client: 'pg', connection: url.href, pool: { min: 0, max: 1 } });
});
afterAll(async () => {
  await reader?.destroy();
  await world.ledger.raw(`drop owned by ${role}; drop role ${role}`);
  await world.close();
});

/** As the reader of the document: with what it grants and nothing else. */
const ask = async (sql: string) => (await reader!.raw(sql)).rows;

test('there is an example for every view', () => {
  expect(examples.length).toBeGreaterThanOrEqual(7);
  for (const view of ['v_runs', 'v_savings_by_month', 'v_acknowledged', 'v_rejections']) {
    expect(about(view).length).toBeGreaterThan(0);
  }
});

test('runs, and what waits for a person', async () => {
  const [last, held] = about('v_runs');
  expect(await ask(last!)).toMatchObject([
    { run: 2, mode: 'changes', changed: 1, accepted: 1, took: expect.anything() },
    { run: 1, mode: 'changes', changed: 100, accepted: 100, rejected: 2 },
  ]);
  expect(await ask(held!)).toEqual([]);
  await world.ledger.raw(
    `update runs set state = 'held', held_because = 'a guard', finished_at = null where number = 2`,
  );
  expect(await ask(held!)).toMatchObject([{ sync: 'churn', run: 2, state: 'held', held_because: 'a guard' }]);
  await world.ledger.raw(
    `update runs set state = 'completed', held_because = null, finished_at = now() where number = 2`,
  );
});

test('an open run is counted by its receipts', async () => {
  await world.ledger.raw(
    `update runs set finished_at = null, accepted = 0, requests = 0, values_sent = 0 where number = 1`,
  );
  expect(await ask('select accepted, requests, values_sent, workspace from peak_braze.v_runs where run = 1')).toEqual([
    { accepted: 100, requests: 2, values_sent: 398, workspace: 'shop-eu' },
  ]);
  await world.ledger.raw(
    `update runs set finished_at = now(), accepted = 100, requests = 2, values_sent = 398 where number = 1`,
  );
});

test('savings by month', async () => {
  const [savings] = about('v_savings_by_month');
  const [row, ...others] = await ask(savings!);
  expect(others).toEqual([]);
  // The second run saw every row again: the lookback window.
  expect(row).toMatchObject({ sync: 'churn', values_sent: '399', percent_avoided: '50.1' });
  expect(
    await ask('select runs, requests, values_avoided, customers_accepted from peak_braze.v_savings_by_month'),
  ).toEqual([{ runs: 2, requests: '3', values_avoided: '401', customers_accepted: '101' }]);
});

test('what Braze accepted, of one customer and by band', async () => {
  const [one, bands] = about('v_acknowledged');
  expect(await ask(one!)).toMatchObject([
    { customer: '00042', values: { churn_risk: 'low', next_best_product: 'tea' }, run: 2, model_run: 'm1' },
  ]);
  expect(await ask(bands!)).toEqual([
    { churn_risk: 'low', count: '99' },
    { churn_risk: null, count: '1' },
  ]);
});

test('rejections by reason', async () => {
  expect(await ask(about('v_rejections')[0]!)).toEqual([
    { attribute: expect.stringMatching(/^churn_/), reason: 'not-finite', count: '1' },
    { attribute: expect.stringMatching(/^churn_/), reason: 'not-finite', count: '1' },
  ]);
});

test('the reader of the views reads no table, and no view shows a secret', async () => {
  await expect(ask('select * from peak_braze.settings')).rejects.toThrow('permission denied');
  await expect(ask('select * from peak_braze.workspace_keys')).rejects.toThrow('permission denied');
  const { rows } = await world.ledger.raw(
    `select column_name as name from information_schema.columns where table_schema = 'peak_braze' and table_name like 'v!_%' escape '!'`,
  );
  expect(rows.map(({ name }: { name: string }) => name).join(' ')).not.toMatch(/hash|salt|settings|key|url|endpoint/);
});

test('one customer is found by the key of the table, however many there are', async () => {
  await world.ledger.raw(`insert into acknowledged (target_id, customer, values, run)
      select 1, 'x' || n, '{}', 1 from generate_series(1, 50000) n`);
  await world.ledger.raw('analyze acknowledged');
  const plan = JSON.stringify(await ask(`explain ${about('v_acknowledged')[0]!}`));
  expect(plan).toContain('acknowledged_pkey');
  expect(plan).not.toContain('Seq Scan on acknowledged');
});

import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/activity';
import { readRun } from '../../src/ledger/runs';
import { TenantProblem } from '../../src/tenant/problem';
import type { TenantStore, WindowPosition } from '../../src/tenant/store';
import { HOLD_FAILURE } from '../../src/types/activities';
import { expectProfilesEqualStore, fillStore } from '../environment';
import { begin, createHarness, customers, sentCustomers, type ActivityHarness } from './harness';

let stage: ActivityHarness;
beforeEach(async () => {
  stage = await createHarness();
});
afterEach(() => stage.close());

/** Watches where pages are read from, and may break the tenant before a page. */
function watched(before: (page: number) => Promise<void> | void = () => undefined) {
  const positions: (WindowPosition | null)[] = [];
  const limits: number[] = [];
  const store = stage.deps.tenant(stage.world.tenantUrl);
  const tenant: TenantStore = {
    ...store,
    async readWindow(shape, window, after, limit) {
      positions.push(after);
      limits.push(limit);
      await before(positions.length);
      return store.readWindow(shape, window, after, limit);
    },
  };
  return { positions, limits, activities: stage.elsewhere({ tenant: () => tenant }) };
}

async function outbox(run: number): Promise<{ seq: number; customer: string; body: string }[]> {
  const { rows } = await stage.ledger.raw('select seq, customer, body from outbox where run = ? order by seq', [run]);
  return rows;
}

test('an attempt continues after the last committed page, and every customer is staged once', async () => {
  await fillStore(stage.world, 12_000);
  await stage.world.tenant.raw('update predictive_attributes set next_best_product = null where customer_id > ?', [
    'c001000',
  ]);
  const run = await stage.prepared();
  const first = watched(async (page) => {
    if (page < 3) return;
    // Pages are read ahead: let the two before it commit.
    await sleep(1_000);
    throw new TenantProblem('unavailable', 'ECONNRESET', 'The tenant went away.');
  });
  await expect(begin(first.activities, 'extractChanges', { run }).result).rejects.toMatchObject({
    type: 'Waiting',
    message: 'The tenant went away.',
    nonRetryable: false,
  });
  const committed = 2 * first.limits[0]!;
  expect(await readRun(stage.ledger, run)).toMatchObject({ candidates: committed, staged: committed });

  const second = watched();
  const attempt = begin(second.activities, 'extractChanges', { run });
  expect(await attempt.result).toEqual({ candidates: 12_000, changed: 12_000, rejected: 0, chunks: 1 });
  // What the first attempt counted is not counted again, and not forgotten.
  expect((await readRun(stage.ledger, run)).figures).toMatchObject({ compared: 12_000, missing: [0, 0, 0, 11_000] });
  expect(second.positions[0]?.customerId).toBe(customers(committed, committed)[0]);
  expect((await outbox(run)).map(({ customer }) => customer)).toEqual(customers(1, 12_000));
  expect((await outbox(run)).map(({ seq }) => seq)).toEqual(Array.from({ length: 12_000 }, (_, index) => index + 1));

  // The cursor holds a customer id: it stays in the ledger.
  expect(attempt.heartbeats.every((details) => details === undefined)).toBe(true);
});

test('an extraction that is done is not done again', async () => {
  await fillStore(stage.world, 10);
  const run = await stage.prepared();
  const first = await stage.call('extractChanges', { run });
  const again = watched();
  expect(await begin(again.activities, 'extractChanges', { run }).result).toEqual(first);
  expect(again.positions).toEqual([]);
});

test('of two attempts at once only one moves the cursor, and nothing is staged twice', async () => {
  await fillStore(stage.world, 11_000);
  const run = await stage.prepared();
  const results = await Promise.allSettled([
    stage.call('extractChanges', { run }),
    stage.call('extractChanges', { run }),
  ]);
  for (const result of results)
    if (result.status === 'rejected') expect(result.reason).toMatchObject({ type: 'Waiting' });
  expect(await stage.call('extractChanges', { run })).toMatchObject({ candidates: 11_000, changed: 11_000 });
  expect((await outbox(run)).map(({ customer }) => customer)).toEqual(customers(1, 11_000));
});

test('a stop takes effect between pages, heartbeats carry nothing, and the next attempt continues', async () => {
  await fillStore(stage.world, 17_000);
  const run = await stage.prepared();
  const slow = watched(() => sleep(400));
  const attempt = begin(slow.activities, 'extractChanges', { run });
  await sleep(900);
  attempt.stop();
  await expect(attempt.result).rejects.toMatchObject({ name: 'CancelledFailure' });
  expect(attempt.heartbeats.length).toBeGreaterThan(1);
  expect(attempt.heartbeats.every((details) => details === undefined)).toBe(true);
  const { staged } = await readRun(stage.ledger, run);
  expect(staged).toBeGreaterThan(0);
  expect(staged).toBeLessThan(17_000);

  expect(await stage.call('extractChanges', { run })).toMatchObject({ candidates: 17_000, changed: 17_000 });
  expect(await outbox(run)).toHaveLength(17_000);
});

/** The source table with some customers in it a second time, so much newer that they are on a later page. */
async function withSecondRows(rows: { customer: string; product: string }[]): Promise<void> {
  await stage.world.tenant.raw(
    `update predictive_attributes set updated_at = now() - interval '1 hour';
     create table again as select * from predictive_attributes where false`,
  );
  for (const { customer, product } of rows) {
    await stage.world.tenant.raw(
      `insert into again select customer_id, churn_probability, predicted_value, ?, expected_purchases, model_version, scored_at, now()
         from predictive_attributes where customer_id = ?`,
      [product, customer],
    );
  }
  stage.world.configure({
    table: undefined,
    query: 'select * from predictive_attributes union all select * from again',
  });
}

test('a customer read again replaces the earlier row, and the run still settles to the last number', async () => {
  await fillStore(stage.world, 6_000);
  await withSecondRows([
    { customer: 'c000003', product: 'newest' },
    { customer: 'c004000', product: 'newest too' },
  ]);
  const run = await stage.extracted();
  const staged = await outbox(run);
  expect(staged).toHaveLength(6_000);
  expect(staged.filter(({ customer }) => customer === 'c000003')).toEqual([
    { seq: 3, customer: 'c000003', body: expect.stringContaining('"newest"') },
  ]);

  expect(await stage.finish(run)).toMatchObject({
    state: 'completed',
    candidates: 6_002,
    changed: 6_000,
    accepted: 6_000,
    valuesSent: 24_000,
  });
  expect(sentCustomers(stage).length).toBe(6_000);
  expect(stage.world.braze.profile('c000003')).toMatchObject({ next_best_product: 'newest' });
});

test('a customer read again with what Braze already holds is not sent with the older value', async () => {
  await fillStore(stage.world, 6_000);
  await stage.finish(await stage.extracted());
  const held = stage.world.braze.profile('c000003')!.next_best_product as string;

  // The older row says something new, the newer one says what Braze holds: nothing is left to send.
  await withSecondRows([{ customer: 'c000003', product: held }]);
  await stage.world.tenant.raw(
    `update predictive_attributes set next_best_product = 'stale' where customer_id = 'c000003'`,
  );
  const run = await stage.extracted({ mode: 'full' });
  const staged = (await outbox(run)).filter(({ customer, body }) => customer === 'c000003' && body !== '');
  expect(staged).toEqual([]);
  await stage.finish(run);
  expect(stage.world.braze.profile('c000003')).toMatchObject({ next_best_product: held });
});

test('the guards count a customer who is read twice in one run once, and one who has nothing to send not at all', async () => {
  await fillStore(stage.world, 6_000);
  await stage.finish(await stage.extracted());
  const held = stage.world.braze.profile('c000003')!.next_best_product as string;
  await withSecondRows([
    { customer: 'c000003', product: held },
    { customer: 'c000004', product: 'newest' },
  ]);
  await stage.world.tenant.raw(
    `update predictive_attributes set next_best_product = null where customer_id in ('c000003', 'c000004')`,
  );
  const run = await stage.extracted({ mode: 'full' });
  expect(await readRun(stage.ledger, run)).toMatchObject({ changed: 1, knownChanged: 1, knownCleared: 0 });
});

test('of rows with one id on one page the newest is taken, the others are rejections', async () => {
  await fillStore(stage.world, 20);
  await withSecondRows([{ customer: 'c000003', product: 'newest' }]);
  const run = await stage.extracted();
  expect(await stage.finish(run)).toMatchObject({
    state: 'completed-with-rejections',
    candidates: 21,
    changed: 20,
    accepted: 20,
    rejected: 1,
  });
  expect(stage.world.braze.profile('c000003')).toMatchObject({ next_best_product: 'newest' });
  const { rows } = await stage.ledger.raw('select customer, reason from rejections where open');
  expect(rows).toEqual([{ customer: 'c000003', reason: 'duplicate-id' }]);
});

test('a row without a time is older than any with one, also where it is unchanged', async () => {
  await fillStore(stage.world, 5);
  await stage.world.tenant.raw(`
    alter table predictive_attributes drop constraint predictive_attributes_pkey;
    alter table predictive_attributes alter column updated_at drop not null;
    insert into predictive_attributes select customer_id, churn_probability, predicted_value, 'undated', expected_purchases,
      model_version, scored_at, null from predictive_attributes where customer_id in ('c000001', 'c000002')`);
  await stage.finish(await stage.extracted({ mode: 'full' }));
  expect(stage.world.braze.profile('c000001')).toMatchObject({ next_best_product: 'product 1' });
  await stage.world.tenant
    .raw(`update predictive_attributes set next_best_product = case when updated_at is null then 'product 1' else 'new' end
    where customer_id = 'c000001'`);
  await stage.finish(await stage.extracted({ mode: 'full' }));
  expect(stage.world.braze.profile('c000001')).toMatchObject({ next_best_product: 'new' });
});

test('a removed customer is cleared also where Braze only may have a value', async () => {
  stage.world.configure({ departedCustomers: 'clear' });
  await fillStore(stage.world, 5);
  await stage.finish(await stage.extracted());
  const { rows } = await stage.ledger.raw('select id from targets');
  await stage.ledger.raw(`insert into uncertain values (?, 'c999999', '{churn_risk}', 1)`, [rows[0].id]);
  const run = await stage.extracted({ mode: 'full' });
  expect(await outbox(run)).toMatchObject([
    { customer: 'c999999', body: expect.stringContaining('"churn_risk":null') },
  ]);
  await stage.finish(run);
  expect((await stage.ledger.raw('select from uncertain')).rows).toEqual([]);
});

test('the rejections of empty ids are those of the latest run, as of rows without one', async () => {
  stage.world.configure({ guards: { maxRejectedShare: 1 } });
  await fillStore(stage.world, 3);
  await stage.world.tenant.raw(`update predictive_attributes set customer_id = '' where customer_id = 'c000001'`);
  await stage.finish(await stage.extracted());
  const open = async () => (await stage.ledger.raw('select customer, tries from rejections where open')).rows;
  expect(await open()).toEqual([{ customer: '', tries: 1 }]);
  await stage.world.tenant.raw(
    `update predictive_attributes set customer_id = 'c000001', updated_at = now() where customer_id = ''`,
  );
  await stage.finish(await stage.extracted());
  expect(await open()).toEqual([]);
});

test('an id that is a page of text is a rejection, and stops nobody', async () => {
  stage.world.configure({ guards: { maxRejectedShare: 1 } });
  await fillStore(stage.world, 5);
  // Hashes, because an index compresses what it can.
  const page = `(select string_agg(md5(n::text), '') from generate_series(1, 300) n)`;
  await stage.world.tenant
    .raw(`update predictive_attributes set customer_id = substr(${page}, 1, 2600) where customer_id = 'c000001';
    alter table predictive_attributes drop constraint predictive_attributes_pkey; drop index predictive_attributes_updated_at_customer_id_idx;
    update predictive_attributes set customer_id = ${page} where length(customer_id) > 9`);
  const run = await stage.finish(await stage.extracted());
  expect(run).toMatchObject({ state: 'completed-with-rejections', accepted: 4, rejected: 1 });
  await stage.finish(await stage.extracted());
  const { rows } = await stage.ledger.raw('select reason, tries, length(customer) < 700 as short from rejections');
  expect(rows).toEqual([{ reason: 'customer-id-too-long', tries: 2, short: true }]);
});

test('a value that cannot be sent does not make the others go out again and again after refreshAfter', async () => {
  stage.world.configure({ refreshAfter: '1h', guards: { maxRejectedShare: 1 } });
  await fillStore(stage.world, 1);
  await stage.finish(await stage.extracted());
  await stage.world.tenant.raw(`update predictive_attributes set churn_probability = 'NaN', updated_at = now()`);
  await stage.finish(await stage.extracted());
  await stage.ledger.raw(`update acknowledged set whole_at = now() - interval '9 hours'`);
  expect(await stage.finish(await stage.extracted())).toMatchObject({ refreshed: 1 });
  expect(await stage.finish(await stage.extracted())).toMatchObject({ refreshed: 0, requests: 0 });
});

test('a type of which nothing was ever sent holds nobody', async () => {
  stage.world.configure({
    attributes: { next_best_product: 'number', predicted_value: 'number' },
    guards: { maxRejectedShare: 1 },
  });
  await fillStore(stage.world, 5);
  await stage.finish(await stage.extracted());
  stage.world.configure({ attributes: { next_best_product: 'string', predicted_value: 'number' } });
  expect(await stage.finish(await stage.extracted())).toMatchObject({ accepted: 5 });
  expect(stage.world.braze.profile('c000001')).toMatchObject({ next_best_product: 'product 1' });
});

test.each(['keep', 'clear'])(
  'a full run closes the rejections of removed customers, however often they were tried (%s)',
  async (departedCustomers) => {
    stage.world.configure({ departedCustomers, guards: { maxRejectedShare: 1, maxClearedShare: 1 } });
    await fillStore(stage.world, 5);
    stage.world.braze.poison(['c000001', 'c000002']);
    await stage.finish(await stage.extracted());
    await stage.ledger.raw('update rejections set tries = 3');
    await stage.world.tenant.raw(`delete from predictive_attributes where customer_id = 'c000001'`);
    await stage.finish(await stage.extracted({ mode: 'full' }));
    const { rows } = await stage.ledger.raw('select distinct customer from rejections where open');
    expect(rows).toEqual([{ customer: 'c000002' }]);
  },
);

test('what cannot be sent is rejected once, also of a customer whose turn it is to be sent again', async () => {
  stage.world.configure({ refreshAfter: '1d', guards: { maxRejectedShare: 1 } });
  await fillStore(stage.world, 3);
  await stage.finish(await stage.extracted());
  await stage.ledger.raw(
    `update acknowledged set whole_at = now() - interval '9 days'; update runs set finished_at = finished_at - interval '9 days'`,
  );
  await stage.world.tenant.raw(
    `update predictive_attributes set churn_probability = 'NaN', updated_at = now() where customer_id = 'c000002'`,
  );
  const run = await stage.extracted();
  expect((await outbox(run)).length).toBeGreaterThan(0);
  expect((await readRun(stage.ledger, run)).rejected).toBe(
    (await stage.ledger.raw('select from rejections where open')).rows.length,
  );
});

test('what cannot be sent is rejected with its reason, and the other values of the customer are staged', async () => {
  stage.world.configure({
    guards: { maxRejectedShare: 1 },
    attributes: {
      churn_probability: { type: 'number', decimals: 2 },
      predicted_value: { column: 'model_version', type: 'number' },
      next_best_product: 'string',
    },
  });
  await fillStore(stage.world, 6);
  await stage.world.tenant.raw(
    `update predictive_attributes set model_version = '1.5';
     update predictive_attributes set churn_probability = 'NaN' where customer_id = 'c000001';
     update predictive_attributes set churn_probability = 'Infinity' where customer_id = 'c000002';
     update predictive_attributes set model_version = 'many' where customer_id = 'c000003';
     update predictive_attributes set next_best_product = repeat('x', 300) where customer_id = 'c000004';
     update predictive_attributes set customer_id = '   ' where customer_id = 'c000005'`,
  );
  const run = await stage.extracted();
  const { rows } = await stage.ledger.raw(
    'select customer, attribute, reason, message from rejections order by customer, attribute',
  );
  expect(rows).toEqual([
    { customer: '   ', attribute: null, reason: 'no-customer-id', message: expect.any(String) },
    { customer: 'c000001', attribute: 'churn_probability', reason: 'not-finite', message: expect.any(String) },
    { customer: 'c000002', attribute: 'churn_probability', reason: 'not-finite', message: expect.any(String) },
    { customer: 'c000003', attribute: 'predicted_value', reason: 'not-a-number', message: expect.any(String) },
    { customer: 'c000004', attribute: 'next_best_product', reason: 'too-long', message: expect.any(String) },
  ]);
  for (const { message } of rows) expect(message).not.toMatch(/many|xxx/);

  expect(await stage.finish(run)).toMatchObject({ candidates: 6, changed: 5, accepted: 5, rejected: 5 });
  expect(stage.world.braze.profile('c000001')).toEqual({ predicted_value: 1.5, next_best_product: 'product 1' });
});

test('rows without an id are counted once, however often an attempt begins again', async () => {
  await fillStore(stage.world, 6_000);
  stage.world.configure({
    guards: { maxRejectedShare: 1 },
    table: undefined,
    query: `select nullif(customer_id, 'c000002') as customer_id, churn_probability, predicted_value, next_best_product,
                   nullif(updated_at, null) as updated_at from predictive_attributes`,
  });
  const run = await stage.prepared();
  const broken = watched(() => {
    throw new TenantProblem('unavailable', 'ECONNRESET', 'The tenant went away.');
  });
  await expect(begin(broken.activities, 'extractChanges', { run }).result).rejects.toBeInstanceOf(ApplicationFailure);
  expect(await stage.call('extractChanges', { run })).toMatchObject({ candidates: 6_000, changed: 5_999, rejected: 1 });
  expect(await stage.call('extractChanges', { run })).toMatchObject({ rejected: 1 });
});

test('a store that can no longer be read as configured holds the run', async () => {
  await fillStore(stage.world, 10);
  const run = await stage.prepared();
  await stage.world.tenant.raw('alter table predictive_attributes rename to elsewhere');
  const failure: ApplicationFailure = await stage.call('extractChanges', { run }).then(
    () => null,
    (error) => error,
  );
  expect(failure).toMatchObject({ type: HOLD_FAILURE, nonRetryable: true });
  expect(failure.details?.[0]).toMatchObject({ cause: 'tenant' });
  expect(failure.message).toContain('predictive_attributes does not exist');

  await stage.world.tenant.raw('alter table elsewhere rename to predictive_attributes');
  await stage.call('extractChanges', { run });
  await stage.call('askForLease', { run, kind: 'workspace' });
  await stage.finish(run);
  await expectProfilesEqualStore(stage.world);
});

test('an uncertain value and an open rejection make their customers candidates whatever updated_at says', async () => {
  await fillStore(stage.world, 10);
  await stage.finish(await stage.extracted());
  await stage.world.tenant.raw(`update predictive_attributes set updated_at = now() - interval '9 days'`);
  const { rows } = await stage.ledger.raw('select id from targets');
  await stage.ledger.raw(`insert into uncertain values (?, 'c000002', '{churn_risk}', 1)`, [rows[0].id]);
  await stage.ledger.raw(
    `insert into rejections (target_id, customer, attribute, reason, message, value_hash, run)
     values (?, 'c000003', null, 'refused-by-braze', 'words', 'another value', 1)`,
    [rows[0].id],
  );
  const run = await stage.extracted();
  expect(await stage.finish(run)).toMatchObject({ state: 'completed', candidates: 2, changed: 1, valuesSent: 1 });
  expect(stage.world.braze.requests.at(-1)!.ids).toEqual(['c000002']);
  expect((await stage.ledger.raw('select from uncertain')).rows).toEqual([]);
  // Its value is the one Braze holds: void.
  expect((await stage.ledger.raw('select from rejections where open')).rows).toEqual([]);
});

const LOW = {
  attributes: { churn_risk: { column: 'churn_probability', bands: { low: 0 } }, next_best_product: 'string' },
};
const HIGH = {
  attributes: { churn_risk: { column: 'churn_probability', bands: { high: 0 } }, next_best_product: 'string' },
};

test.each([
  ['was cancelled after it had sent some', { mode: 'changes' as const }, 'cancelled' as const],
  [
    'was a backfill of some attributes',
    { mode: 'backfill' as const, attributes: ['churn_risk'] },
    'completed' as const,
  ],
])(
  'a mapping that is restored after a run with another one that %s reaches every customer again',
  async (_, input, end) => {
    stage.world.configure({ ...LOW, delivery: { settle: '0s' } });
    await fillStore(stage.world, 10);
    await stage.finish(await stage.extracted());
    await stage.world.tenant.raw(`update predictive_attributes set updated_at = now() - interval '9 days'`);
    stage.world.configure(HIGH);
    const run = await stage.extracted(input);
    await stage.post(run);
    await stage.call('closeRun', { run, end });
    expect(stage.world.braze.profile('c000001')).toMatchObject({ churn_risk: 'high' });

    stage.world.configure(LOW);
    expect(await stage.finish(await stage.extracted())).toMatchObject({ wholeStore: true, accepted: 10 });
    expect(stage.world.braze.profile('c000001')).toMatchObject({ churn_risk: 'low' });
    expect(await stage.finish(await stage.extracted())).toMatchObject({ wholeStore: false, requests: 0 });
  },
);

test('an attribute that was cleared by a backfill comes back with the next run, as long as it is mapped', async () => {
  stage.world.configure({ ...LOW, guards: { maxClearedShare: 1 } });
  await fillStore(stage.world, 10);
  await stage.finish(await stage.extracted());
  await stage.world.tenant.raw(`update predictive_attributes set updated_at = now() - interval '9 days'`);
  await stage.finish(await stage.extracted({ mode: 'backfill', clear: 'churn_risk' }));
  expect(stage.world.braze.profile('c000001')).not.toHaveProperty('churn_risk');
  expect(await stage.finish(await stage.extracted())).toMatchObject({ accepted: 10 });
  expect(stage.world.braze.profile('c000001')).toMatchObject({ churn_risk: 'low' });
});

test('a change on the day of the last run is found in a column of dates, whatever the hour', async () => {
  await fillStore(stage.world, 3);
  await stage.world.tenant.raw(`alter table predictive_attributes alter column updated_at type date`);
  await stage.finish(await stage.extracted());
  await stage.ledger.raw(
    `update runs set window_to = to_char(now()::date + interval '23 hours 59 minutes', 'YYYY-MM-DD HH24:MI:SS"+00"')`,
  );
  await stage.world.tenant.raw(
    `update predictive_attributes set next_best_product = 'new', updated_at = now()::date where customer_id = 'c000001'`,
  );
  expect(await stage.finish(await stage.extracted())).toMatchObject({ accepted: 1 });
});

test('another column of times is another mapping: the old watermark says nothing of it', async () => {
  await fillStore(stage.world, 3);
  await stage.finish(await stage.extracted());
  await stage.world.tenant.raw(
    `update predictive_attributes set next_best_product = 'new', scored_at = now() - interval '9 days', updated_at = now() - interval '9 days'`,
  );
  stage.world.configure({ updatedAt: 'scored_at' });
  expect(await stage.finish(await stage.extracted())).toMatchObject({ wholeStore: true, accepted: 3 });
});

test('rejections of a target that the sync has left are closed', async () => {
  stage.world.configure({ guards: { maxRejectedShare: 1 } });
  await fillStore(stage.world, 3);
  await stage.world.tenant.raw(
    `update predictive_attributes set churn_probability = 'NaN' where customer_id = 'c000001'`,
  );
  await stage.finish(await stage.extracted());
  stage.world.configure({ identifier: { alias: 'peak' } });
  await stage.finish(await stage.extracted());
  const { rows } = await stage.ledger.raw(
    `select count(distinct target_id)::int as targets from rejections where open`,
  );
  expect(rows).toEqual([{ targets: 1 }]);
});

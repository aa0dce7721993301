import { DEFAULT_KEY, startBrazeEmulator } from '../../emulators/braze/emulator';
import {
  createEnvironment,
  eventually,
  expectProfilesEqualStore,
  fillStore,
  type TestEnvironment,
} from '../environment';

let world: TestEnvironment;
beforeEach(async () => {
  world = await createEnvironment({
    braze: { keys: { [DEFAULT_KEY]: ['users.track'], 'rotated-key': ['users.track'] } },
  });
  await world.startWorker();
});
afterEach(() => world.close());

/** Changes rows as a model run does: values and the time of the change. */
function touch(set: string, where = 'true') {
  return world.tenant.raw(`update predictive_attributes set ${set}, updated_at = clock_timestamp() where ${where}`);
}

test('the first run sends every customer, the second sends no request', async () => {
  await fillStore(world, 100);

  const first = await world.run();
  expect(first).toMatchObject({
    state: 'completed',
    candidates: 100,
    changed: 100,
    accepted: 100,
    rejected: 0,
    requests: 2,
  });
  await expectProfilesEqualStore(world);

  const second = await world.run();
  expect(second).toMatchObject({ state: 'completed', changed: 0, accepted: 0, requests: 0 });
  expect(world.braze.requests).toHaveLength(2);
});

test('every request carries the bulk header, our name and at most 75 objects', async () => {
  await fillStore(world, 200);
  await world.run();

  expect(
    world.braze.requests.map(({ objects, bulk, userAgent, status }) => ({ objects, bulk, userAgent, status })),
  ).toEqual([75, 75, 50].map((objects) => ({ objects, bulk: 'true', userAgent: 'partner-Peak', status: 201 })));
});

test('touching every updated_at sends nothing', async () => {
  await fillStore(world, 300);
  await world.run();
  await touch('model_version = model_version');

  expect(await world.run()).toMatchObject({ state: 'completed', candidates: 300, changed: 0, requests: 0 });
});

test('an updated_at without a zone, written in local time on either side of UTC, is not missed', async () => {
  await fillStore(world, 2);
  await world.tenant.raw('alter table predictive_attributes alter updated_at type timestamp');
  await world.run();
  const local = (zone: string) => `updated_at = clock_timestamp() at time zone '${zone}'`;
  const change = (zone: string, id: string) =>
    world.tenant.raw(
      `update predictive_attributes set next_best_product = 'new', ${local(zone)} where customer_id = ?`,
      [id],
    );
  await change('America/Los_Angeles', 'c000001');
  await change('Pacific/Auckland', 'c000002');

  expect(await world.run()).toMatchObject({ state: 'completed', changed: 2, accepted: 2 });
  await expectProfilesEqualStore(world);
});

test('a change of one attribute sends that attribute only', async () => {
  await fillStore(world, 50);
  await world.run();
  const before = world.braze.summary().dataPoints;
  await touch(`next_best_product = 'something else'`, `customer_id = 'c000007'`);

  expect(await world.run()).toMatchObject({ changed: 1, accepted: 1, requests: 1, valuesSent: 1 });
  expect(world.braze.summary().dataPoints - before).toBe(1);
  expect(world.braze.profile('c000007')).toMatchObject({ next_best_product: 'something else' });
});

test('a missing value removes what Braze holds, once, and is never sent where nothing was', async () => {
  await fillStore(world, 20);
  await world.tenant.raw(`update predictive_attributes set next_best_product = null where customer_id = 'c000001'`);
  await world.run();
  expect(world.braze.profile('c000001')).not.toHaveProperty('next_best_product');
  expect(world.braze.summary().dataPoints).toBe(20 * 4 - 1);

  await touch('next_best_product = null', `customer_id in ('c000001', 'c000002')`);
  expect(await world.run()).toMatchObject({ changed: 1, valuesSent: 1 });
  expect(world.braze.profile('c000002')).not.toHaveProperty('next_best_product');

  await touch('model_version = model_version');
  expect(await world.run()).toMatchObject({ changed: 0, requests: 0 });
});

test('a band is kept while the value stays within its hysteresis', async () => {
  await fillStore(world, 1);
  await world.tenant.raw('update predictive_attributes set churn_probability = 0.49');
  await world.run();
  expect(world.braze.profile('c000001')).toMatchObject({ churn_risk: 'low' });

  await touch('churn_probability = 0.52');
  await world.run();
  expect(world.braze.profile('c000001')).toMatchObject({ churn_probability: 0.52, churn_risk: 'low' });

  await touch('churn_probability = 0.53');
  await world.run();
  expect(world.braze.profile('c000001')).toMatchObject({ churn_risk: 'medium' });
});

test('a changed mapping reaches rows that have not been updated', async () => {
  await fillStore(world, 120);
  await world.tenant.raw(
    `update predictive_attributes set updated_at = now() - interval '3 days', expected_purchases = 1.5`,
  );
  await world.run();

  world.configure({
    attributes: {
      churn_probability: { column: 'churn_probability', type: 'number', decimals: 2 },
      expected_purchases: { column: 'expected_purchases', type: 'number', decimals: 1 },
    },
  });
  expect(await world.run()).toMatchObject({ candidates: 120, changed: 120, valuesSent: 120 });
  expect(world.braze.profile('c000001')).toMatchObject({ expected_purchases: 1.5, churn_risk: 'low' });

  expect(await world.run()).toMatchObject({ candidates: 0, changed: 0 });
});

test('equal timestamps by the hundred thousand lose nobody', async () => {
  await fillStore(world, 100_000);
  expect(await world.run()).toMatchObject({ state: 'completed', candidates: 100_000, accepted: 100_000 });
  await expectProfilesEqualStore(world);
});

test('the watermark keeps microseconds: a row one microsecond later is a candidate without overlap', async () => {
  world.configure({ overlap: '0s' });
  await fillStore(world, 10);
  await world.tenant.raw(`update predictive_attributes set updated_at = '2026-01-01 00:00:00.123456+00'`);
  const first = await world.run();
  await world.tenant.raw(
    `update predictive_attributes set next_best_product = 'new', updated_at = ?::timestamptz + interval '1 microsecond'
      where customer_id = 'c000003'`,
    [first.windowTo],
  );
  expect(first.windowTo).toMatch(/\.\d{4,6}\+00$/);

  expect(await world.run()).toMatchObject({ candidates: 1, changed: 1 });
});

test('a row dated in the future waits for its time and freezes nothing', async () => {
  await fillStore(world, 10);
  await world.tenant.raw(
    `update predictive_attributes set updated_at = clock_timestamp() + interval '4 seconds' where customer_id = 'c000001'`,
  );
  expect(await world.run()).toMatchObject({ candidates: 9, accepted: 9 });
  await touch(`next_best_product = 'new'`, `customer_id = 'c000002'`);
  expect(await world.run()).toMatchObject({ accepted: 1 });

  await eventually(async () => (await world.run()).accepted === 1, 'the row of the future to be sent');
  await expectProfilesEqualStore(world);
});

test('a row that commits late, inside the lookback window, is found', async () => {
  await fillStore(world, 10);
  const writer = await world.tenant.transaction();
  await writer.raw(
    `update predictive_attributes set next_best_product = 'late', updated_at = now() where customer_id = 'c000004'`,
  );
  expect(await world.run()).toMatchObject({ accepted: 10 });
  await writer.commit();

  expect(await world.run()).toMatchObject({ changed: 1, accepted: 1 });
  expect(world.braze.profile('c000004')).toMatchObject({ next_best_product: 'late' });
});

test('a model run of one long transaction is found by its start, not by the lookback window', async () => {
  world.configure({ overlap: '0s', modelRun: { table: 'model_runs', model: 'churn', poll: '1s', timeout: '1m' } });
  await fillStore(world, 10);
  await world.tenant.raw(`insert into model_runs values ('m1', 'churn', 'completed', now(), now())`);
  const writer = await world.tenant.transaction();
  await writer.raw(`insert into model_runs values ('m2', 'churn', 'completed', now(), null)`);
  await writer.raw(`update predictive_attributes set next_best_product = 'm2', updated_at = now()`);
  // While that transaction is open, a run records a watermark far later than the rows it will commit.
  expect(await world.run()).toMatchObject({ state: 'completed', modelRun: 'm1', accepted: 10 });
  await writer.raw(`update model_runs set completed_at = clock_timestamp() where id = 'm2'`);
  await writer.commit();

  expect(await world.run()).toMatchObject({ modelRun: 'm2', changed: 10, accepted: 10 });
  await expectProfilesEqualStore(world);
});

test('another endpoint under the same workspace name holds, and only restoring it continues the run', async () => {
  await fillStore(world, 10);
  await world.run();
  await touch(`next_best_product = 'new'`);
  world.configure(
    {},
    { workspaces: { 'shop-eu': { restEndpoint: 'https://rest.fra-02.braze.eu', apiKey: '${BRAZE_API_KEY}' } } },
  );

  const run = await world.start();
  const held = await world.reaches(run, 'held');
  expect(held.heldBecause).toContain('restore the endpoint');
  await world.signal(run, 'approve', { hold: held.hold });
  await world.signal(run, 'retry');
  const again = await eventually(async () => {
    const progress = await world.progress(run);
    return progress.hold === 2 ? progress : null;
  }, 'the second hold');
  expect(again.ignored.join()).toContain('approve');

  // Another port on loopback is the same emulator started again.
  const moved = await startBrazeEmulator();
  world.configure({}, { workspaces: { 'shop-eu': { restEndpoint: moved.url, apiKey: '${BRAZE_API_KEY}' } } });
  await world.signal(run, 'retry');
  expect(await world.ended(run)).toMatchObject({ state: 'completed', accepted: 10 });
  await moved.close();
});

test('a key never seen before holds once, until a person names the hold', async () => {
  await fillStore(world, 10);
  await world.run();
  await touch(`next_best_product = 'new'`);
  world.env.BRAZE_API_KEY = 'rotated-key';

  const run = await world.start();
  const held = await world.reaches(run, 'held');
  expect(held.heldBecause).toContain('not the one used before');
  await world.signal(run, 'approve');
  await eventually(async () => (await world.progress(run)).ignored.length === 1, 'the bare approval to be ignored');
  await world.signal(run, 'approve', { hold: held.hold });
  expect(await world.ended(run)).toMatchObject({ state: 'completed', accepted: 10 });

  await touch(`next_best_product = 'newer'`);
  expect(await world.run()).toMatchObject({ state: 'completed', accepted: 10 });
});

test('another type of an attribute that was sent holds the run before anything goes out', async () => {
  await fillStore(world, 5);
  await world.run();
  const attributes = { predicted_value: { column: 'predicted_value', type: 'string' } };
  world.configure({ attributes });
  const run = await world.start();
  const held = await world.reaches(run, 'held');
  expect(held.heldBecause).toBe(
    'Attribute predicted_value has been sent as number since run 1 and would now be sent as string; Braze keeps the first type and ' +
      'silently drops other values. Send it as number, or under a new name, then retry.',
  );
  world.configure({ attributes: { predicted_value_text: { column: 'predicted_value', type: 'string' } } });
  await world.signal(run, 'retry');
  expect(await world.ended(run)).toMatchObject({ state: 'completed', accepted: 5 });
});

test('an attribute that has had no value yet has no type yet', async () => {
  await fillStore(world, 5);
  await world.tenant.raw('update predictive_attributes set predicted_value = null');
  await world.run();
  await world.tenant.raw('update predictive_attributes set predicted_value = 7, updated_at = clock_timestamp()');
  world.configure({ attributes: { predicted_value: { column: 'predicted_value', type: 'string' } } });
  expect(await world.run()).toMatchObject({ state: 'completed', accepted: 5 });
  expect(world.braze.profile('c000001')).toMatchObject({ predicted_value: '7' });
});

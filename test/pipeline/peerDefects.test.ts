import { createEnvironment, expectProfilesEqualStore, fillStore, type TestEnvironment } from '../environment';

/*
 * Known bugs of other products, each as a test that ours does not have it. Which product has which, and where it was seen, is
 * with the facts about peers; here is what a customer would lose.
 */

let world: TestEnvironment;
beforeEach(async () => {
  world = await createEnvironment({ sync: { delivery: { settle: '0s' }, guards: { maxRejectedShare: 1 } } });
  await world.startWorker();
});
afterEach(() => world.close());

const acknowledged = async () => (await world.ledger.raw('select count(*)::int as n from acknowledged')).rows[0].n;

test('a 400 counted as done: ours are sent again apart, and only the offender is rejected', async () => {
  await fillStore(world, 150);
  world.braze.refuseWhole(['c000042']);
  expect(await world.run()).toMatchObject({ state: 'completed-with-rejections', accepted: 149, rejected: 1 });
  expect(await acknowledged()).toBe(149);
});

test('a batch counted as success because one row of it passed', async () => {
  await fillStore(world, 75);
  const poisoned = Array.from({ length: 74 }, (_, n) => `c${String(n + 1).padStart(6, '0')}`);
  world.braze.poison(poisoned);
  expect(await world.run()).toMatchObject({
    state: 'completed-with-rejections',
    accepted: 1,
    rejected: 74,
    requests: 1,
  });
  expect(await acknowledged()).toBe(1);
});

test('failed rows skipped until their data change: ours are tried again although nothing changed in the source table', async () => {
  await fillStore(world, 20);
  world.braze.poison(['c000007', 'c000013']);
  expect(await world.run()).toMatchObject({ accepted: 18, rejected: 2 });
  world.braze.heal(['c000007', 'c000013']);
  expect(await world.run()).toMatchObject({ state: 'completed', changed: 2, accepted: 2, rejected: 0 });
  await expectProfilesEqualStore(world);
});

test('all rows sent again on timestamp ties: equal times by the thousand cost nothing, and none of them is missed', async () => {
  await fillStore(world, 3_000);
  await world.tenant.raw(`update predictive_attributes set updated_at = '2026-11-23 05:48:00+00'`);
  expect(await world.run()).toMatchObject({ accepted: 3_000 });
  // The same moment again, for one of them.
  await world.tenant.raw(`update predictive_attributes set next_best_product = 'new' where customer_id = 'c002999'`);
  world.configure({ overlap: '3650d' });
  expect(await world.run()).toMatchObject({ changed: 1, accepted: 1, requests: 1, valuesSent: 1 });
  await expectProfilesEqualStore(world);
});

test('one future timestamp that freezes the sync: ours continues with the other customers, and sends that row when its time comes', async () => {
  await fillStore(world, 10);
  await world.tenant.raw(
    `update predictive_attributes set updated_at = now() + interval '4 seconds' where customer_id = 'c000001'`,
  );
  expect(await world.run({ mode: 'changes' })).toMatchObject({ state: 'completed' });
  await world.tenant.raw(
    `update predictive_attributes set next_best_product = 'new', updated_at = clock_timestamp() where customer_id = 'c000002'`,
  );
  expect(await world.run()).toMatchObject({ state: 'completed', accepted: 1 });
  expect(world.braze.profile('c000002')).toMatchObject({ next_best_product: 'new' });

  await world.tenant.raw(
    `select pg_sleep(greatest(0, extract(epoch from max(updated_at) - clock_timestamp()))) from predictive_attributes`,
  );
  await world.run();
  await expectProfilesEqualStore(world);
});

test('float noise sent as change: a number that moves in its last digits goes nowhere', async () => {
  await fillStore(world, 100);
  await world.run();
  await world.tenant.raw(
    `update predictive_attributes set churn_probability = churn_probability + 1e-9, updated_at = clock_timestamp()`,
  );
  expect(await world.run()).toMatchObject({ candidates: 100, changed: 0, requests: 0 });
});

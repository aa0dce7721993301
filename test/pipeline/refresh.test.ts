import { createEnvironment, expectProfilesEqualStore, fillStore, type TestEnvironment } from '../environment';

let world: TestEnvironment;
beforeEach(async () => {
  // Nobody has a profile yet: under update-only Braze takes such values with a 201 and keeps nothing.
  world = await createEnvironment({
    braze: { knownProfiles: [] },
    sync: { refreshAfter: '1h', delivery: { settle: '0s' } },
  });
  await world.startWorker();
});
afterEach(() => world.close());

const age = (where = 'true') =>
  world.ledger.raw(`update acknowledged set whole_at = whole_at - interval '2 hours' where ${where}`);

test('values that Braze took for profiles it did not have are sent again after refreshAfter, and counted as refreshed', async () => {
  await fillStore(world, 300);
  expect(await world.run()).toMatchObject({ accepted: 300, refreshed: 0 });
  expect(world.braze.profile('c000001')).toBeNull();
  world.braze.addProfiles(Array.from({ length: 300 }, (_, n) => `c${String(n + 1).padStart(6, '0')}`));
  expect(await world.run()).toMatchObject({ changed: 0, requests: 0, refreshed: 0 });

  await age();
  expect(await world.run()).toMatchObject({ state: 'completed', changed: 300, accepted: 300, refreshed: 300 });
  await expectProfilesEqualStore(world);
  expect(await world.run()).toMatchObject({ changed: 0, requests: 0 });
});

test('a customer who changed too goes out whole, is no refreshed one, and the guards judge what changed alone', async () => {
  await fillStore(world, 300);
  await world.run();
  world.configure({ guards: { maxChangedShare: 0.1 } });
  await age(`customer <= 'c000200'`);
  await world.tenant.raw(
    `update predictive_attributes set next_best_product = 'new', updated_at = clock_timestamp() where customer_id in ('c000001', 'c000299')`,
  );
  const run = await world.run();
  expect(run).toMatchObject({ state: 'completed', changed: 201, accepted: 201, refreshed: 199, knownChanged: 2 });
  // Four values of each refreshed customer, and of the one who only changed, one.
  expect(run.valuesSent).toBe(200 * 4 + 1);
});

test('a partial change leaves the age of the other values as it was', async () => {
  await fillStore(world, 10);
  await world.run();
  await age();
  world.configure({ refreshAfter: 'never' });
  await world.tenant.raw(`update predictive_attributes set next_best_product = 'new', updated_at = clock_timestamp()`);
  expect(await world.run()).toMatchObject({ accepted: 10, valuesSent: 10 });
  world.configure({ refreshAfter: '1h' });
  expect(await world.run()).toMatchObject({ accepted: 10, refreshed: 10 });
});

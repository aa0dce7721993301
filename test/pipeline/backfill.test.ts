import { storeSelection } from '../../src/ledger/selections';
import { createWorld, eventually, expectProfilesEqualStore, fillStore, type World } from '../world';

let world: World;
beforeEach(async () => {
  world = await createWorld();
  await world.startWorker();
});
afterEach(() => world.close());

const sentSince = (n: number) => new Set(world.braze.requestsSince(n).flatMap(({ ids }) => ids ?? []));

test('a backfill of a window sends what differs in it, and never moves the watermark', async () => {
  await fillStore(world, 100);
  await world.tenant.raw(
    `update predictive_attributes set updated_at = timestamptz '2026-11-01' + (substr(customer_id, 2)::int) * interval '1 minute'`,
  );
  const window = { since: '2026-11-01T00:10:00Z', until: '2026-11-01T00:19:00Z' };
  const backfill = await world.run({ mode: 'backfill', ...window });
  expect(backfill).toMatchObject({ state: 'completed', candidates: 10, accepted: 10 });
  expect([...sentSince(0)].toSorted().at(0)).toBe('c000010');

  // Nothing was synced yet as far as a changes run is concerned: it compares everything, and sends the others.
  expect(await world.run()).toMatchObject({ candidates: 100, changed: 90, accepted: 90 });
  await expectProfilesEqualStore(world);
});

test('a backfill of chosen customers, with resend, sends them and nobody else', async () => {
  await fillStore(world, 50);
  await world.run();
  const before = world.braze.requests.length;
  const { id, customers } = await storeSelection(world.ledger, ['c000003', 'c000007', 'c000003', 'unknown']);
  expect(customers).toBe(3);

  expect(await world.run({ mode: 'backfill', selection: id })).toMatchObject({
    candidates: 2,
    changed: 0,
    requests: 0,
  });
  const resent = await world.run({ mode: 'backfill', selection: id, resend: true });
  expect(resent).toMatchObject({ candidates: 2, changed: 2, accepted: 2, valuesSent: 8 });
  expect(sentSince(before)).toEqual(new Set(['c000003', 'c000007']));
});

test('a backfill of everything compares the whole store, also rows without a time stamp', async () => {
  await world.tenant.raw('alter table predictive_attributes alter updated_at drop not null');
  await fillStore(world, 40);
  await world.tenant.raw(`update predictive_attributes set updated_at = null where customer_id <= 'c000005'`);
  expect(await world.run()).toMatchObject({ candidates: 35 });
  expect(await world.run({ mode: 'backfill' })).toMatchObject({ candidates: 40, changed: 5, accepted: 5 });
  await expectProfilesEqualStore(world);
});

test('full compares the whole store, and clears customers who departed where the config says so', async () => {
  world.configure({ departedCustomers: 'clear', guards: { maxClearedShare: 1 } });
  await fillStore(world, 30);
  await world.run();
  await world.tenant.raw(`delete from predictive_attributes where customer_id <= 'c000003'`);
  // A change that no time stamp tells of.
  await world.tenant.raw(`update predictive_attributes set next_best_product = 'silent' where customer_id = 'c000009'`);
  await world.tenant.raw(`update predictive_attributes set updated_at = now() - interval '9 days'`);

  expect(await world.run()).toMatchObject({ changed: 0 });
  expect(await world.run({ mode: 'full' })).toMatchObject({
    state: 'completed',
    changed: 4,
    accepted: 4,
    valuesSent: 13,
  });
  expect(world.braze.profile('c000001')).toEqual({});
  expect(world.braze.profile('c000009')).toMatchObject({ next_best_product: 'silent' });
  expect(await world.run({ mode: 'full' })).toMatchObject({ changed: 0, requests: 0 });
});

test('a backfill lets a changes run of another sync in after each round of chunks', async () => {
  await fillStore(world, 6_000);
  world.braze.setLatency(30);
  const other = {
    table: 'predictive_attributes',
    attributes: { value_tier: { column: 'predicted_value', bands: { small: 0, large: 2500 } } },
    delivery: { settle: '0s' },
  };
  const churn = {
    table: 'predictive_attributes',
    attributes: { next_best_product: 'string' },
    delivery: { settle: '0s', chunkCustomers: 1_000, lanes: 1 },
  };
  world.configure(
    {},
    {
      syncs: { churn, value: other },
      workspaces: {
        'shop-eu': {
          restEndpoint: world.braze.url,
          apiKey: '${BRAZE_API_KEY}',
          rateLimit: { requests: 40, perSeconds: 1 },
        },
      },
    },
  );
  const backfill = await world.start({ mode: 'backfill' });
  await eventually(async () => world.braze.requests.length > 3, 'the backfill to send');
  const value = await world.start({ sync: 'value' });
  await eventually(async () => (await world.progress(value)).state === 'queued', 'the other sync to be queued');

  const ended = await world.ended(value);
  expect(ended).toMatchObject({ sync: 'value', state: 'completed', accepted: 6_000 });
  const still = await world.progress(backfill);
  expect(still.chunksDone).toBeLessThan(6);
  expect(await world.ended(backfill)).toMatchObject({ sync: 'churn', state: 'completed', accepted: 6_000 });
});

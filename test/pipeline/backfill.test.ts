import { storeSelection } from '../../src/ledger/selections';
import {
  createEnvironment,
  eventually,
  expectProfilesEqualStore,
  fillStore,
  type TestEnvironment,
} from '../environment';

let world: TestEnvironment;
beforeEach(async () => {
  world = await createEnvironment();
  await world.startWorker();
});
afterEach(() => world.close());

const ATTRIBUTES = {
  churn_probability: { column: 'churn_probability', type: 'number', decimals: 2 },
  churn_risk: { column: 'churn_probability', bands: { low: 0, medium: 0.5, high: 0.8 }, hysteresis: 0.03 },
};

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

test('chosen attributes alone are compared and sent; the others, and what is known of them, stay as they are', async () => {
  await fillStore(world, 20);
  await world.run();
  await world.tenant.raw(
    `update predictive_attributes set next_best_product = 'new', predicted_value = 9999, updated_at = now() - interval '9 days'`,
  );
  const refreshedAt = async () => (await world.ledger.raw('select max(whole_at) as at from acknowledged')).rows[0].at;
  const wholeAt = await refreshedAt();
  const before = world.braze.requests.length;

  const part = await world.run({ mode: 'backfill', everything: true, attributes: ['next_best_product'] });
  expect(part).toMatchObject({ state: 'completed', candidates: 20, changed: 20, valuesSent: 20 });
  expect(world.braze.requests.length).toBe(before + 1);
  expect(world.braze.profile('c000001')).toMatchObject({ next_best_product: 'new', predicted_value: 1 });
  // Its other values are as old as before: refreshAfter goes by them.
  expect(await refreshedAt()).toEqual(wholeAt);
  // Neither the mapping nor what was acknowledged has gone: the next full run finds the other attribute, and only it.
  expect(await world.run()).toMatchObject({ wholeStore: false, changed: 0 });
  expect(await world.run({ mode: 'full' })).toMatchObject({ changed: 20, valuesSent: 20 });
  await expectProfilesEqualStore(world);

  const unknown = await world.start({ mode: 'backfill', everything: true, attributes: ['next_best_prodct'] });
  expect((await world.reaches(unknown, 'held')).heldBecause).toContain(
    'has no attribute next_best_prodct in the config',
  );
  await world.signal(unknown, 'discard');
  expect((await world.ended(unknown)).state).toBe('discarded');
});

test('a part that Braze takes does not close what it refused as a whole', async () => {
  await fillStore(world, 3);
  world.braze.poison(['c000002']);
  expect(await world.run()).toMatchObject({ state: 'completed-with-rejections', accepted: 2 });
  world.braze.heal(['c000002']);
  expect(await world.run({ mode: 'backfill', everything: true, attributes: ['churn_risk'] })).toMatchObject({
    accepted: 1,
  });
  expect(world.braze.profile('c000002')).toEqual({ churn_risk: 'low' });

  // Nothing in the source table has changed, and yet its other values are sent with the open rejection.
  await world.tenant.raw(`update predictive_attributes set updated_at = now() - interval '9 days'`);
  expect(await world.run()).toMatchObject({ state: 'completed', changed: 1, accepted: 1, valuesSent: 3 });
  await expectProfilesEqualStore(world);
});

test('clear removes an attribute that left the config from every profile it was written to, and only there', async () => {
  world.configure({ guards: { maxClearedShare: 1 } });
  await fillStore(world, 120);
  await world.tenant.raw(`update predictive_attributes set next_best_product = null where customer_id <= 'c000020'`);
  await world.run();
  const { churn_risk, churn_probability } = ATTRIBUTES;
  world.configure({ attributes: { churn_risk, churn_probability } });
  // A removed customer still has a profile.
  await world.tenant.raw(`delete from predictive_attributes where customer_id = 'c000050'`);
  await world.run();
  const before = world.braze.requests.length;

  const cleared = await world.run({ mode: 'backfill', clear: 'next_best_product' });
  expect(cleared).toMatchObject({ state: 'completed', candidates: 100, changed: 100, accepted: 100, valuesSent: 100 });
  expect(sentSince(before).has('c000020')).toBe(false);
  expect(world.braze.profile('c000050')).toEqual({ churn_risk: 'low', churn_probability: 0.05, predicted_value: 50 });
  expect(await world.run({ mode: 'backfill', clear: 'next_best_product' })).toMatchObject({
    candidates: 0,
    requests: 0,
  });
  expect(await world.run()).toMatchObject({ wholeStore: false, changed: 0 });
});

test('clear is held by the guard of cleared customers, and by cancelling it loses nothing', async () => {
  world.configure(
    { delivery: { settle: '0s', chunkCustomers: 500, lanes: 1 } },
    {
      workspaces: {
        'shop-eu': {
          restEndpoint: world.braze.url,
          apiKey: '${BRAZE_API_KEY}',
          rateLimit: { requests: 20, perSeconds: 1 },
        },
      },
    },
  );
  await fillStore(world, 3_000);
  await world.run();
  const run = await world.start({ mode: 'backfill', clear: 'predicted_value' });
  const held = await world.reaches(run, 'held');
  expect(held.heldBecause).toBe('100.0 % of customers would lose a value, limit 5 %.');
  const before = world.braze.requests.length;
  await world.signal(run, 'approve');
  await eventually(async () => world.braze.requests.length > before + 5, 'the removal to be under way');
  await world.temporal.client.workflow.getHandle(run.workflowId).cancel();
  const cancelled = await world.ended(run);
  expect(cancelled.state).toBe('cancelled');
  expect(cancelled.accepted).toBeGreaterThan(0);
  expect(cancelled.accepted).toBeLessThan(3_000);

  const again = await world.start({ mode: 'backfill', clear: 'predicted_value' });
  await world.reaches(again, 'held');
  await world.signal(again, 'approve');
  const rest = await world.ended(again);
  expect(rest.accepted).toBeGreaterThanOrEqual(3_000 - cancelled.accepted);
  expect(rest.candidates).toBeLessThan(3_000);
  const left = Array.from({ length: 3_000 }, (_, n) => world.braze.profile(`c${String(n + 1).padStart(6, '0')}`)!);
  expect(left.filter((profile) => 'predicted_value' in profile)).toEqual([]);
});

test('a backfill that was cancelled is taken up by the next one, which sends the rest and nobody twice', async () => {
  world.configure(
    { delivery: { settle: '0s', chunkCustomers: 500, lanes: 1 } },
    {
      workspaces: {
        'shop-eu': {
          restEndpoint: world.braze.url,
          apiKey: '${BRAZE_API_KEY}',
          rateLimit: { requests: 20, perSeconds: 1 },
        },
      },
    },
  );
  await fillStore(world, 3_000);
  const run = await world.start({ mode: 'backfill', everything: true });
  await eventually(async () => world.braze.requests.length > 5, 'the backfill to send');
  await world.temporal.client.workflow.getHandle(run.workflowId).cancel();
  const cancelled = await world.ended(run);
  expect(cancelled.state).toBe('cancelled');

  const rest = await world.run({ mode: 'backfill', everything: true });
  expect(rest).toMatchObject({ state: 'completed', candidates: 3_000 });
  expect(cancelled.accepted + rest.accepted).toBe(3_000);
  expect(world.braze.sentTwice()).toEqual([]);
  await expectProfilesEqualStore(world);
});

test('a backfill of everything compares the whole store, also rows without a time stamp', async () => {
  await world.tenant.raw('alter table predictive_attributes alter updated_at drop not null');
  await fillStore(world, 40);
  await world.tenant.raw(`update predictive_attributes set updated_at = null where customer_id <= 'c000005'`);
  expect(await world.run()).toMatchObject({ candidates: 35 });
  expect(await world.run({ mode: 'backfill', everything: true })).toMatchObject({
    candidates: 40,
    changed: 5,
    accepted: 5,
  });
  await expectProfilesEqualStore(world);
});

test('full compares the whole source table, and clears removed customers where the config says so', async () => {
  world.configure({ departedCustomers: 'clear', guards: { maxClearedShare: 1 } });
  await fillStore(world, 30);
  await world.run();
  await world.tenant.raw(`delete from predictive_attributes where customer_id <= 'c000003'`);
  // A change that no timestamp shows.
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
  const backfill = await world.start({ mode: 'backfill', everything: true });
  await eventually(async () => world.braze.requests.length > 3, 'the backfill to send');
  const value = await world.start({ sync: 'value' });
  const ended = await world.ended(value);
  expect(ended).toMatchObject({ sync: 'value', state: 'completed', accepted: 6_000 });
  const still = await world.progress(backfill);
  expect(still.chunksDone).toBeLessThan(6);
  expect(await world.ended(backfill)).toMatchObject({ sync: 'churn', state: 'completed', accepted: 6_000 });
});

import { listRejections } from '../../src/ledger/rejections';
import { createEnvironment, fillStore, type TestEnvironment } from '../environment';

let world: TestEnvironment;
afterEach(() => world.close());

/** A query source takes what a table with a key would refuse: no id, one id twice. */
async function looseWorld(): Promise<void> {
  world = await createEnvironment({
    sync: { table: undefined, query: "select * from loose where customer_id is distinct from '?';" },
  });
  await world.tenant
    .raw(`create table loose (customer_id text, churn_probability double precision, predicted_value text,
    next_best_product text, updated_at timestamptz)`);
  await world.startWorker();
}

const insert = (rows: (string | number | null)[][]) =>
  Promise.all(
    rows.map((row) => world.tenant.raw('insert into loose values (?, ?, ?, ?, clock_timestamp())', row as string[])),
  );

const open = async () =>
  (await listRejections(world.ledger, 'churn', { limit: 100 }))
    .map(({ customerId, attribute, reason }) => `${customerId}/${attribute}: ${reason}`)
    .toSorted();

test('bad rows and bad values are rejected with a reason, and everything else is sent', async () => {
  await looseWorld();
  await insert([
    ['good', 0.5, '12.30', 'shoes'],
    [null, 0.5, '1', 'no id'],
    ['   ', 0.5, '1', 'blank id'],
    ['x'.repeat(988), 0.5, '1', 'long id'],
    ['nan', 'NaN', '2.5', 'shoes'],
    ['infinite', 'Infinity', '3', 'shoes'],
    ['below', -0.1, '4', 'shoes'],
    ['text', 0.1, 'a lot', 'shoes'],
    ['long', 0.1, '5', 'y'.repeat(256)],
    ['huge', 0.1, '1e300', 'shoes'],
  ]);
  const run = await world.run();

  expect(run).toMatchObject({ state: 'completed-with-rejections', candidates: 10, changed: 7, accepted: 7 });
  expect(await open()).toEqual(
    [
      'null/null: no-customer-id',
      '   /null: no-customer-id',
      `${'x'.repeat(988)}/null: customer-id-too-long`,
      'nan/churn_probability: not-finite',
      'nan/churn_risk: not-finite',
      'infinite/churn_probability: not-finite',
      'infinite/churn_risk: not-finite',
      'below/churn_risk: below-lowest-band',
      'text/predicted_value: not-a-number',
      'long/next_best_product: too-long',
      'huge/predicted_value: out-of-range',
    ].toSorted(),
  );
  expect(run.rejected).toBe(11);
  expect(world.braze.profile('good')).toEqual({
    churn_probability: 0.5,
    churn_risk: 'medium',
    predicted_value: 12,
    next_best_product: 'shoes',
  });
  expect(world.braze.profile('nan')).toEqual({ predicted_value: 3, next_best_product: 'shoes' });
  expect(world.braze.profile('text')).toEqual({
    churn_probability: 0.1,
    churn_risk: 'low',
    next_best_product: 'shoes',
  });
});

test('of several rows with one id the newest wins, the others are rejected as duplicates', async () => {
  await looseWorld();
  await insert([['twin', 0.1, '1', 'old']]);
  await insert([['twin', 0.9, '2', 'new']]);
  await insert([['single', 0.9, '2', 'new']]);

  expect(await world.run()).toMatchObject({ state: 'completed-with-rejections', changed: 2, accepted: 2, rejected: 1 });
  expect(world.braze.profile('twin')).toMatchObject({ next_best_product: 'new', churn_risk: 'high' });
  expect(await open()).toEqual(['twin/null: duplicate-id']);

  await world.tenant.raw(`delete from loose where next_best_product = 'old'`);
  await world.run();
  expect(await open()).toEqual([]);
});

test('a rejected value stays open until one of that attribute is accepted', async () => {
  await looseWorld();
  await insert([['c1', 0.1, 'many', 'shoes']]);
  await world.run();
  expect(await open()).toEqual(['c1/predicted_value: not-a-number']);

  await world.tenant.raw(`update loose set next_best_product = 'hats', updated_at = clock_timestamp()`);
  await world.run();
  expect(await open()).toEqual(['c1/predicted_value: not-a-number']);

  await world.tenant.raw(`update loose set predicted_value = '7', updated_at = clock_timestamp()`);
  expect(await world.run()).toMatchObject({ state: 'completed', accepted: 1, rejected: 0 });
  expect(await open()).toEqual([]);
});

test('an object Braze refuses is tried once in each run, three times, then only with a new value', async () => {
  world = await createEnvironment({ sync: { guards: { maxRejectedShare: 1 } } });
  await world.startWorker();
  await fillStore(world, 150);
  // Old rows: only the open rejection brings the customer back.
  await world.tenant.raw(`update predictive_attributes set updated_at = now() - interval '5 days'`);
  world.braze.poison(['c000010']);

  const first = await world.run();
  expect(first).toMatchObject({ state: 'completed-with-rejections', changed: 150, accepted: 149, rejected: 1 });
  expect(await open()).toEqual(['c000010/null: refused-by-braze']);
  expect(await world.run()).toMatchObject({ changed: 1, accepted: 0, rejected: 1, requests: 1 });
  expect(await world.run()).toMatchObject({ changed: 1, accepted: 0, rejected: 1, requests: 1 });
  expect(await world.run()).toMatchObject({ state: 'completed', changed: 0, rejected: 0, requests: 0 });
  expect(await open()).toEqual(['c000010/null: refused-by-braze']);

  world.braze.heal(['c000010']);
  await world.tenant.raw(
    `update predictive_attributes set next_best_product = 'new', updated_at = clock_timestamp() where customer_id = 'c000010'`,
  );
  expect(await world.run()).toMatchObject({ state: 'completed', accepted: 1 });
  expect(await open()).toEqual([]);
});

test('a request refused as a whole is split until the offender is alone', async () => {
  world = await createEnvironment();
  await world.startWorker();
  await fillStore(world, 75);
  world.braze.refuseWhole(['c000033']);

  expect(await world.run()).toMatchObject({ state: 'completed-with-rejections', accepted: 74, rejected: 1 });
  expect(await open()).toEqual(['c000033/null: refused-by-braze']);
  expect(world.braze.profile('c000033')).toBeNull();
});

test('too many refusals hold the run after the chunk; what was accepted stays', async () => {
  world = await createEnvironment({ sync: { delivery: { settle: '0s', chunkCustomers: 1000, lanes: 1 } } });
  await world.startWorker();
  await fillStore(world, 3_000);
  world.braze.poison(Array.from({ length: 200 }, (_, n) => `c${String(n + 1).padStart(6, '0')}`));

  const run = await world.start();
  const held = await world.reaches(run, 'held');
  expect(held).toMatchObject({ accepted: 800, rejected: 200, chunksDone: 1 });
  expect(held.heldBecause).toMatch(/20\.0 %.*limit 5 %/);
  await world.signal(run, 'approve');
  expect(await world.ended(run)).toMatchObject({ state: 'completed-with-rejections', accepted: 2_800, rejected: 200 });
});

test('rejections of an attribute that has left the mapping are closed by the next run', async () => {
  await looseWorld();
  await insert([
    ['c1', 0.1, 'many', 'shoes'],
    ['c2', 'NaN', '2', 'shoes'],
  ]);
  await world.run();
  expect(await open()).toEqual([
    'c1/predicted_value: not-a-number',
    'c2/churn_probability: not-finite',
    'c2/churn_risk: not-finite',
  ]);

  world.configure({ attributes: { churn_probability: { type: 'number', decimals: 2 }, next_best_product: 'string' } });
  expect(await world.run()).toMatchObject({ state: 'completed-with-rejections', rejected: 1 });
  expect(await open()).toEqual(['c2/churn_probability: not-finite']);
});

test('an uncertain value of an attribute that has left the mapping brings its customer into no run, until it is back', async () => {
  world = await createEnvironment();
  await world.startWorker();
  await fillStore(world, 2);
  await world.tenant.raw(`update predictive_attributes set updated_at = now() - interval '5 days'`);
  const first = await world.run();
  await world.ledger.raw(
    `insert into uncertain (target_id, customer, attributes, run) values (?, 'c000001', '{predicted_value}', ?)`,
    [first.targetId, first.run],
  );
  const attributes = { next_best_product: 'string' };
  world.configure({ attributes });
  // The changed mapping compares everybody once; after that nobody is a candidate.
  expect(await world.run()).toMatchObject({ candidates: 2, changed: 0 });
  expect(await world.run()).toMatchObject({ state: 'completed', candidates: 0, requests: 0 });

  // Something else may stand on the profile than was acknowledged: the attribute's return sends it, unchanged as it is.
  world.configure({ attributes: { ...attributes, predicted_value: { type: 'number', decimals: 0 } } });
  expect(await world.run()).toMatchObject({ candidates: 2, changed: 1, accepted: 1, valuesSent: 1 });
  expect((await world.ledger('uncertain').count('* as n').first())!.n).toBe('0');
});

test.each([
  ['email', 'not-an-email', 'nobody', 'a@example.com'],
  ['phone', 'not-a-phone', 'call me', '+49 151 1234567'],
])('with identifier %s an id that is none is rejected before it is sent', async (identifier, reason, wrong, right) => {
  await looseWorld();
  world.configure({ identifier });
  await insert([
    [wrong, 0.1, '1', 'shoes'],
    [right, 0.1, '1', 'shoes'],
  ]);
  expect(await world.run()).toMatchObject({ accepted: 1, rejected: 1, requests: 1 });
  expect(await open()).toEqual([`${wrong}/null: ${reason}`]);
  expect(world.braze.profile(`${identifier}:${right}`)).toMatchObject({ next_best_product: 'shoes' });
});

test('a field of the profile itself is sent where the config says that it is meant, and only there', async () => {
  world = await createEnvironment({
    sync: { attributes: { home_city: { column: 'next_best_product', type: 'string', standardField: true } } },
  });
  await world.startWorker();
  await fillStore(world, 1);
  expect(await world.run()).toMatchObject({ state: 'completed', accepted: 1 });
  expect(world.braze.profile('c000001')).toEqual({ home_city: 'product 1' });

  for (const [attribute, because] of [
    [{ home_city: { column: 'next_best_product' } }, 'Attribute home_city is a standard field of Braze.'],
    [
      { home_cty: { column: 'next_best_product', standardField: true } },
      'Attribute home_cty is not a standard field of Braze.',
    ],
    [{ $city: { column: 'next_best_product' } }, 'Attribute $city has a name that begins with $.'],
  ] as const) {
    world.configure({ attributes: attribute });
    const run = await world.start();
    expect((await world.reaches(run, 'held')).heldBecause).toContain(because);
    await world.signal(run, 'discard');
    expect(await world.ended(run)).toMatchObject({ state: 'discarded' });
  }
});

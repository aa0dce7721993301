import { forgetCustomer } from '../../src/ledger/suppressed';
import { atRate, createHarness, sentCustomers, type ActivityHarness } from '../activities/harness';
import { peakBrazeJson } from '../cli/peakBraze';
import {
  createEnvironment,
  eventually,
  expectProfilesEqualStore,
  fillStore,
  type TestEnvironment,
} from '../environment';

let world: TestEnvironment | null = null;
let stage: ActivityHarness | null = null;
afterEach(async () => {
  await stage?.close();
  if (stage === null) await world?.close();
  [world, stage] = [null, null];
});

const acknowledgedOf = async (one: TestEnvironment, customer: string) => {
  const { rows } = await one.ledger.raw('select customer from acknowledged where customer = ?', [customer]);
  return rows.length;
};

test('whoever is forgotten while a run is paused is not sent after it is resumed', async () => {
  world = await createEnvironment();
  await world.startWorker();
  await fillStore(world, 3_000);
  world.braze.setLatency(50);
  world.configure(
    { delivery: { settle: '0s', chunkCustomers: 1000, lanes: 2 } },
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
  const run = await world.start();
  await eventually(async () => world!.braze.requests.length >= 6, 'six requests');
  await world.signal(run, 'pause');
  await world.reaches(run, 'paused');
  const { rows } = await world.ledger.raw(
    `select customer from outbox o where seq > 900
        and not exists (select from receipts r where r.run = o.run and o.seq between r.from_seq and r.to_seq) order by seq limit 1`,
  );
  const [{ customer }] = rows;
  expect(world.braze.profile(customer)).toBeNull();

  const forgotten = await peakBrazeJson<{ deleted: object }>(world, ['forget', customer]);
  expect(forgotten.deleted).toEqual({ acknowledged: 0, uncertain: 0, rejections: 0, selections: 0, outbox: 1 });
  await world.signal(run, 'resume');
  expect(await world.ended(run)).toMatchObject({ state: 'completed', accepted: 2_999, rejected: 0 });
  expect(world.braze.profile(customer)).toBeNull();
  expect(await acknowledgedOf(world, customer)).toBe(0);

  await world.tenant.raw('delete from predictive_attributes where customer_id = ?', [customer]);
  await expectProfilesEqualStore(world);
});

test('rows that were read before are not sent, however long Braze lets them wait', async () => {
  stage = await createHarness();
  await fillStore(stage.world, 300);
  const run = await stage.extracted();
  stage.world.braze.outage(true);
  const chunk = stage.beginPost(run);
  const { requests } = stage.world.braze;
  await eventually(async () => requests.length >= 4, 'every row to be read and tried');
  await forgetCustomer(stage.ledger, 'c000250');
  const forgottenAtMs = Date.now();
  // One query a second finds who was suppressed, for all requests.
  await eventually(
    async () => requests.some(({ receivedAtMs }) => receivedAtMs > forgottenAtMs + 1_100),
    'a later try',
  );
  stage.world.braze.outage(false);

  expect(await chunk.result).toMatchObject({ done: true, accepted: 299 });
  expect(stage.world.braze.profile('c000250')).toBeNull();
  expect(stage.world.braze.profile('c000251')).not.toBeNull();
  expect(await acknowledgedOf(stage.world, 'c000250')).toBe(0);
});

test('an answer that comes after the forgetting brings nothing back', async () => {
  stage = await createHarness();
  await fillStore(stage.world, 75);
  stage.world.braze.poison(['c000030']);
  stage.world.braze.setLatency(2_000);
  const run = await stage.extracted();
  const chunk = stage.beginPost(run);
  const { requests } = stage.world.braze;
  await eventually(async () => requests.length === 1, 'the request to arrive');
  await forgetCustomer(stage.ledger, 'c000020');
  await forgetCustomer(stage.ledger, 'c000030');
  expect(requests).toMatchObject([{ latencyMs: null }]);

  expect(await chunk.result).toMatchObject({ done: true, accepted: 74, rejected: 1 });
  expect(sentCustomers(stage)).toContain('c000020');
  const ids = `customer in ('c000020', 'c000030')`;
  for (const table of ['acknowledged', 'rejections', 'outbox', 'uncertain']) {
    expect((await stage.ledger.raw(`select customer from ${table} where ${ids}`)).rows).toEqual([]);
  }
  expect(await stage.ledger('rejections').select()).toEqual([]);
});

test('whoever is forgotten in the middle of extraction is not sent, and leaves no rejection', async () => {
  stage = await createHarness();
  await fillStore(stage.world, 30_000);
  await stage.world.tenant.raw(
    `update predictive_attributes set churn_probability = 'NaN' where customer_id = 'c029999'`,
  );
  atRate(stage, 3_000);
  const run = await stage.prepared();
  const extracting = stage.begin('extractChanges', { run });
  await eventually(async () => (await stage!.ledger('outbox').where({ run }).first()) !== undefined, 'the first page');
  await forgetCustomer(stage.ledger, 'c000001');
  await forgetCustomer(stage.ledger, 'c029999');
  await extracting.result;
  const { rows } = await stage.ledger.raw(
    `select (select count(*)::int from outbox where run = ? and body <> '') as sendable,
            (select count(*)::int from outbox where customer in ('c000001', 'c029999')) as left_over,
            (select count(*)::int from rejections) as rejections, (select changed from runs where number = ?) as changed`,
    [run, run],
  );
  expect(rows).toEqual([{ sendable: 29_998, left_over: 0, rejections: 0, changed: 29_998 }]);
});

test('forgetting in the thick of a run neither waits for its end nor breaks it', async () => {
  stage = await createHarness();
  await fillStore(stage.world, 3_000);
  atRate(stage, 60);
  const run = await stage.extracted();
  const chunk = stage.beginPost(run);
  await eventually(async () => stage!.world.braze.requests.length >= 2, 'two requests');
  const ids = Array.from({ length: 20 }, (_, n) => `c${String(100 * (n + 1)).padStart(6, '0')}`);
  await Promise.all(ids.map((id) => forgetCustomer(stage!.ledger, id)));
  expect(await chunk.result).toMatchObject({ done: true, hold: null });
  await stage.call('closeRun', { run, end: 'completed' });
  const { rows } = await stage.ledger.raw('select count(*)::int as n from acknowledged where customer = any(?)', [ids]);
  expect(rows).toEqual([{ n: 0 }]);
});

import { listRejections } from '../../src/ledger/rejections';
import { suppressedSince } from '../../src/ledger/suppressed';
import { createEnvironment, fillStore, type TestEnvironment } from '../environment';
import { peakBraze, peakBrazeJson } from './peakBraze';

let world: TestEnvironment;
afterEach(() => world.close());

const accepted = async (customer: string) => {
  const { rows } = await world.ledger.raw('select count(*)::int as n from acknowledged where customer = ?', [customer]);
  return rows[0].n;
};

test('every row of the customer is deleted and counted on the screen, and nothing is sent to Braze', async () => {
  world = await createEnvironment();
  await world.startWorker();
  await fillStore(world, 20);
  await world.tenant.raw(`update predictive_attributes set churn_probability = 'NaN' where customer_id = 'c000007'`);
  await world.run();
  await world.ledger.raw(`insert into uncertain values (1, 'c000007', '{churn_risk}', 1);
    insert into selections values ('sel_a', 'c000007'), ('sel_b', 'c000007'), ('sel_b', 'c000008')`);
  const before = world.braze.requests.length;

  const { exitCode, lines, stderr } = await peakBraze(world, ['forget', 'c000007']);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(lines[0]).toMatch(
    /^ok {4}c000007 has been forgotten since \d{4}-\d\d-\d\dT.*Z; no run of any sync sends this customer\.$/,
  );
  expect(lines.slice(1)).toEqual([
    '      what Braze had accepted           1 row of acknowledged',
    '      values without an answer          1 row of uncertain',
    '      rejections                        2 rows of rejections',
    '      lists of backfills                2 rows of selections',
    '      values staged in open runs        0 rows of outbox',
    'note  Nothing was sent to Braze; the profile keeps its values. Delete it there (/users/delete, or the dashboard).',
    'note  The source table was not changed. Requests in flight finish within 10 s and are not stored.',
    '      undo it: npx peak-braze forget c000007 --undo',
  ]);
  expect(world.braze.requests).toHaveLength(before);
  expect(await accepted('c000007')).toBe(0);
  expect(await accepted('c000008')).toBe(1);
  expect(await listRejections(world.ledger, 'churn', { run: 1, limit: 10 })).toEqual([]);
  // The list does not reveal who is on it.
  const { rows } = await world.ledger.raw('select * from suppressed');
  expect(rows).toEqual([{ hash: expect.any(Buffer), at: expect.any(Date) }]);
  expect(rows[0].hash.toString()).not.toContain('c000007');
});

test('a forgotten customer is not a candidate, not rejected and not sent, until forget is undone', async () => {
  world = await createEnvironment();
  await world.startWorker();
  await fillStore(world, 20);
  expect(await peakBrazeJson(world, ['forget', 'c000007'])).toEqual({
    customerId: 'c000007',
    suppressed: true,
    before: null,
    at: expect.any(String),
    deleted: { acknowledged: 0, uncertain: 0, rejections: 0, selections: 0, outbox: 0 },
  });
  await world.tenant.raw(`update predictive_attributes set churn_probability = 'NaN' where customer_id = 'c000007'`);

  // A preview leaves the customer out, also before the first run.
  expect(await peakBrazeJson(world, ['preview', 'churn'])).toMatchObject({
    candidates: 19,
    wouldSend: { customers: 19 },
    rejected: { customers: 0 },
  });
  expect(await world.run()).toMatchObject({ state: 'completed', candidates: 19, changed: 19, rejected: 0 });
  expect(await world.run({ mode: 'full' })).toMatchObject({ candidates: 19, changed: 0 });
  expect(world.braze.profile('c000007')).toBeNull();

  const again = await peakBrazeJson<{ before: string }>(world, ['forget', 'c000007']);
  expect(again.before).toMatch(/^\d{4}-/);
  expect(await peakBrazeJson(world, ['forget', 'c000007', '--undo'])).toEqual({
    customerId: 'c000007',
    suppressed: false,
    lifted: true,
  });
  expect(await suppressedSince(world.ledger, 'c000007')).toBeNull();
  expect((await peakBraze(world, ['forget', 'c000007', '--undo'])).stdout).toBe(
    'note  c000007 was not forgotten; nothing changed.\n',
  );
  await world.tenant.raw(`update predictive_attributes set churn_probability = 0.9 where customer_id = 'c000007'`);
  expect(await world.run({ mode: 'full' })).toMatchObject({ candidates: 20, changed: 1, accepted: 1 });
  expect(world.braze.profile('c000007')).toMatchObject({ churn_risk: 'high' });
});

test('clearing removed customers leaves a forgotten customer unchanged', async () => {
  world = await createEnvironment({ sync: { departedCustomers: 'clear' } });
  await world.startWorker();
  await fillStore(world, 10);
  await world.run();
  await peakBraze(world, ['forget', 'c000003']);
  await world.tenant.raw(`delete from predictive_attributes where customer_id in ('c000003', 'c000004')`);

  world.configure({ guards: { maxClearedShare: 1 } });
  expect(await world.run({ mode: 'full' })).toMatchObject({ changed: 1, accepted: 1 });
  expect(world.braze.profile('c000003')).toMatchObject({ next_best_product: 'product 3' });
  expect(world.braze.profile('c000004')).toEqual({});
});

test('an id with special characters of the shell is quoted in the printed command', async () => {
  world = await createEnvironment();
  const { lines } = await peakBraze(world, ['forget', "o'neill & co"]);
  expect(lines.at(-1)).toBe(`      undo it: npx peak-braze forget 'o'\\''neill & co' --undo`);
});

test('a blank id exits 2, a ledger that does not answer exits 1', async () => {
  world = await createEnvironment();
  expect((await peakBraze(world, ['forget', ' '])).exitCode).toBe(2);
  const away = await peakBraze(world, ['forget', 'c000003'], { LEDGER_URL: 'postgres://x@127.0.0.1:1/x' });
  expect(away.exitCode).toBe(1);
  expect(away.stderr).toContain('The ledger does not answer');
});

import { closeRun } from '../../src/ledger/close';
import { readRun } from '../../src/ledger/runs';
import { HOLD_FAILURE } from '../../src/types/activities';
import type { EndedState } from '../../src/types/run';
import { fillStore } from '../environment';
import { createHarness, type ActivityHarness } from './harness';

let stage: ActivityHarness;
beforeEach(async () => {
  stage = await createHarness({ sync: { delivery: { settle: '0s', chunkCustomers: 200, lanes: 2 } } });
});
afterEach(() => stage.close());

const close = (run: number, end: EndedState) => stage.call('closeRun', { run, end });
const count = async (what: string): Promise<number> =>
  (await stage.ledger.raw(`select count(*)::int as n from ${what}`)).rows[0].n;

test('a run is complete only when every row of its outbox is settled', async () => {
  await fillStore(stage.world, 300);
  const run = await stage.extracted();
  await stage.post(run, 0);
  await expect(close(run, 'completed')).rejects.toMatchObject({
    type: HOLD_FAILURE,
    nonRetryable: true,
    details: [{ cause: 'unsettled' }],
    message: 'Run 1 has 100 unsettled rows. This is a bug in peak-braze; nothing was recorded.',
  });
  expect(await readRun(stage.ledger, run)).toMatchObject({ state: 'recording', finishedAt: null });
  expect(await count('outbox')).toBe(300);

  await stage.post(run, 1);
  expect(await close(run, 'completed')).toMatchObject({
    run,
    state: 'completed',
    candidates: 300,
    changed: 300,
    accepted: 300,
    rejected: 0,
    requests: 5,
    valuesSent: 1_200,
    valuesAvoided: 0,
    finishedAt: expect.any(String),
  });
});

test('one row without a receipt in the middle is enough to refuse', async () => {
  await fillStore(stage.world, 200);
  const run = await stage.extracted();
  await stage.post(run, 0);
  await stage.ledger.raw('update receipts set to_seq = to_seq - 1 where from_seq = 1');
  await expect(close(run, 'completed')).rejects.toThrow('Run 1 has 1 unsettled rows');
});

test('closing again gives the first end and changes nothing', async () => {
  await fillStore(stage.world, 200);
  const run = await stage.extracted();
  await stage.post(run, 0);
  const first = await close(run, 'completed');
  expect(await close(run, 'cancelled')).toEqual(first);
  expect(await close(run, 'completed')).toEqual(first);
  // Nor does whatever comes late: the run has its end.
  await stage.call('noteState', { run, state: 'paused', hold: null, because: null });
  expect((await readRun(stage.ledger, run)).state).toBe('completed');
});

test('a large outbox is emptied in steps, each of which is progress', async () => {
  const run = await stage.prepared();
  await stage.ledger.raw(
    `insert into outbox (run, seq, customer, body, new_values, value_count, known, clears, refresh, whole)
     select ?, n, 'c' || n, '', '{}', 0, false, false, false, true from generate_series(1, 120000) n`,
    [run],
  );
  const onStep = jest.fn();
  expect(await closeRun(stage.ledger, run, 'cancelled', { onStep })).toBe('cancelled');
  expect(onStep).toHaveBeenCalledTimes(3);
  expect(await count('outbox')).toBe(0);
});

test('an end empties the outbox, keeps receipts, and releases leases and the place in the queue', async () => {
  await fillStore(stage.world, 300);
  const run = await stage.extracted();
  await stage.post(run, 0);
  expect(await close(run, 'discarded')).toMatchObject({ state: 'discarded', accepted: 200, changed: 300 });
  expect(await count('outbox')).toBe(0);
  expect(await count('claims')).toBe(0);
  expect(await count('lease_line')).toBe(0);
  expect(await count('leases where holder is not null')).toBe(0);
  expect(await count('receipts')).toBeGreaterThan(0);
  expect(await count('acknowledged')).toBe(200);
});

test('a run that ends before it was prepared leaves nothing', async () => {
  const run = await stage.open();
  expect(await close(run, 'no-new-model-run')).toMatchObject({
    state: 'no-new-model-run',
    candidates: 0,
    windowTo: null,
    valuesAvoided: 0,
  });
});

test('with rejections before or at Braze the run says so', async () => {
  await fillStore(stage.world, 10);
  stage.world.configure({ guards: { maxRejectedShare: 1 } });
  stage.world.braze.poison(['c000001']);
  await stage.world.tenant.raw(
    `update predictive_attributes set churn_probability = 'NaN' where customer_id = 'c000002'`,
  );
  const run = await stage.extracted();
  await stage.post(run, 0);
  // Two attributes of one customer are made of the bad number.
  expect(await close(run, 'completed')).toMatchObject({ state: 'completed-with-rejections', accepted: 9, rejected: 3 });
});

/** A claim of chunk `chunk` (of 200) as an attempt left it. */
async function claim(run: number, chunk: number, left: { released: boolean; lostAnswers: boolean }): Promise<void> {
  await stage.ledger.raw(
    `insert into claims (run, chunk, claim, from_seq, to_seq, released, lost_answers) values (?, ?, 'claim', ?, ?, ?, ?)`,
    [run, chunk, chunk * 200 + 1, (chunk + 1) * 200, left.released, left.lostAnswers],
  );
}

async function uncertain(): Promise<{ customer: string; attributes: string[] }[]> {
  return (await stage.ledger.raw('select customer, attributes from uncertain order by customer')).rows;
}

test('uncertain are the first unreceipted rows of chunks with lost answers, as many as may be in flight', async () => {
  stage.world.configure({ delivery: { settle: '0s', chunkCustomers: 200, lanes: 1 } });
  await fillStore(stage.world, 1_000);
  const run = await stage.extracted();
  await stage.ledger.raw('update runs set in_flight_per_chunk = 1 where number = ?', [run]);
  await stage.ledger.raw(
    `insert into receipts (run, from_seq, to_seq, requests, accepted, rejected, values_sent) values (?, 1, 50, 1, 50, 0, 200), (?, 61, 70, 1, 10, 0, 40)`,
    [run, run],
  );
  await claim(run, 0, { released: false, lostAnswers: false });
  await claim(run, 1, { released: true, lostAnswers: false });
  await claim(run, 2, { released: true, lostAnswers: true });
  await claim(run, 3, { released: false, lostAnswers: true });
  await close(run, 'cancelled');

  const marked = (await uncertain()).map(({ customer }) => Number(customer.slice(1)));
  const inChunk = (chunk: number) => marked.filter((seq) => Math.ceil(seq / 200) === chunk + 1);
  // One request may have been in flight: 75 customers, behind and between the receipts.
  const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
  expect(inChunk(0)).toEqual([...range(51, 60), ...range(71, 135)]);
  expect(inChunk(1)).toEqual([]);
  expect(inChunk(2)).toEqual(range(401, 475));
  expect(inChunk(3)).toEqual(range(601, 675));
  expect(inChunk(4)).toEqual([]);
  const [one] = await uncertain();
  expect(one!.attributes.toSorted()).toEqual([
    'churn_probability',
    'churn_risk',
    'next_best_product',
    'predicted_value',
  ]);
});

test('uncertain are the attributes that were on the way, removals too, besides those that already were', async () => {
  await fillStore(stage.world, 3);
  await stage.finish(await stage.extracted());
  await stage.world.tenant.raw(
    `update predictive_attributes set next_best_product = null, updated_at = now() where customer_id = 'c000001';
     update predictive_attributes set predicted_value = 4711, updated_at = now() where customer_id = 'c000002'`,
  );
  const { rows } = await stage.ledger.raw('select id from targets');
  await stage.ledger.raw(`insert into uncertain values (?, 'c000002', '{no_longer_mapped}', 1)`, [rows[0].id]);
  const run = await stage.extracted();
  await claim(run, 0, { released: false, lostAnswers: false });
  await close(run, 'incomplete');
  expect((await uncertain()).map(({ customer, attributes }) => [customer, attributes.toSorted()])).toEqual([
    ['c000001', ['next_best_product']],
    ['c000002', ['no_longer_mapped', 'predicted_value']],
  ]);
});

test('a run that is recorded leaves nothing uncertain', async () => {
  await fillStore(stage.world, 10);
  const run = await stage.extracted();
  await claim(run, 0, { released: true, lostAnswers: true });
  await stage.post(run, 0);
  await close(run, 'completed');
  expect(await uncertain()).toEqual([]);
});

import { readRun } from '../../src/ledger/runs';
import { HOLD_FAILURE } from '../../src/types/activities';
import { fillStore } from '../environment';
import { createHarness, type ActivityHarness } from './harness';

let stage: ActivityHarness;
beforeEach(async () => {
  stage = await createHarness();
});
afterEach(() => stage.close());

const judge = (run: number, approvedGuards: string[] = []) =>
  stage.call('judgeRun', { run, approvedGuards, verdict: 'result' });

/** A recorded run of 200 customers, and then a change. */
async function afterAChange(set: string, guards: Record<string, unknown>): Promise<number> {
  await fillStore(stage.world, 200);
  await stage.finish(await stage.extracted());
  await stage.world.tenant.raw(`update predictive_attributes set ${set}, updated_at = clock_timestamp()`);
  stage.world.configure({ guards });
  return stage.extracted();
}

test('a first run passes: nobody has acknowledged values yet', async () => {
  stage.world.configure({ guards: { maxChangedShare: 0.01, maxClearedShare: 0.01 } });
  await fillStore(stage.world, 200);
  expect(await judge(await stage.extracted())).toEqual({ hold: null });
});

test('a guard that trips holds the run before anything is sent; approved it is not judged again', async () => {
  const run = await afterAChange(`next_best_product = 'new'`, { maxChangedShare: 0.2 });
  expect(await judge(run)).toEqual({
    hold: { cause: 'guard', guard: 'maxChangedShare', because: '100.0 % of customers would change, limit 20 %.' },
  });
  expect(await judge(run, ['maxChangedShare'])).toEqual({ hold: null });
});

test('a workflow of an earlier version, which reads no result, meets the guard as a failure that holds it', async () => {
  const run = await afterAChange(`next_best_product = 'new'`, { maxChangedShare: 0.2 });
  await expect(stage.call('judgeRun', { run, approvedGuards: [] })).rejects.toMatchObject({
    type: HOLD_FAILURE,
    nonRetryable: true,
    details: [{ cause: 'guard', guard: 'maxChangedShare', because: '100.0 % of customers would change, limit 20 %.' }],
  });
  expect(await stage.call('judgeRun', { run, approvedGuards: ['maxChangedShare'] })).toEqual({ hold: null });
});

test('the sentence says what is usual: the median of the last recorded runs', async () => {
  await fillStore(stage.world, 200);
  await stage.finish(await stage.extracted());
  for (const [last, product] of [
    ['c000010', 'one'],
    ['c000020', 'two'],
    ['c000030', 'three'],
  ]) {
    await stage.world.tenant.raw(
      'update predictive_attributes set next_best_product = ?, updated_at = clock_timestamp() where customer_id <= ?',
      [product!, last!],
    );
    await stage.finish(await stage.extracted());
  }
  await stage.world.tenant.raw(
    `update predictive_attributes set next_best_product = 'x', updated_at = clock_timestamp()`,
  );
  stage.world.configure({ guards: { maxChangedShare: 0.2, maxClearedShare: 1 } });
  expect(await judge(await stage.extracted())).toMatchObject({
    hold: { because: '100.0 % of customers would change, limit 20 %, usual 10.0 %.' },
  });
});

describe('figures that extraction counts page by page', () => {
  test('values that are missing, by attribute', async () => {
    await fillStore(stage.world, 200);
    await stage.world.tenant.raw(
      `update predictive_attributes set next_best_product = null where customer_id <= 'c000050'`,
    );
    stage.world.configure({ guards: { maxNullShare: { next_best_product: 0.2 } } });
    const run = await stage.extracted();
    expect(await judge(run)).toMatchObject({
      hold: { guard: 'maxNullShare', because: '25.0 % of customers have no next_best_product, limit 20 %.' },
    });
    expect(await judge(run, ['maxNullShare'])).toEqual({ hold: null });
  });

  test('numbers outside their range, before they are rounded or banded; they are sent all the same', async () => {
    await fillStore(stage.world, 200);
    await stage.world.tenant.raw(
      `update predictive_attributes set churn_probability = 1.004 where customer_id <= 'c000020'`,
    );
    const churn = { column: 'churn_probability', decimals: 2, range: { min: 0, max: 1 } };
    stage.world.configure({ attributes: { churn, plain: { column: 'churn_probability', decimals: 2 } } });
    const run = await stage.extracted();
    expect(await judge(run)).toMatchObject({
      hold: { guard: 'maxOutOfRangeShare', because: '10.0 % of the values of churn are outside its range, limit 5 %.' },
    });
    expect(await readRun(stage.ledger, run)).toMatchObject({
      changed: 200,
      newlyRejected: 0,
      figures: { compared: 200, missing: [0, 0], outOfRange: [20, 0] },
    });
  });
});

test('maxProfiles is judged on who is sent for the first time', async () => {
  const run = await afterAChange(`next_best_product = 'new'`, { maxProfiles: 5 });
  expect(await judge(run)).toEqual({ hold: null });
  await stage.call('closeRun', { run, end: 'discarded' });
  await stage.world.tenant.raw(
    `insert into predictive_attributes (customer_id, churn_probability, updated_at)
     select 'new ' || n, 0.5, clock_timestamp() from generate_series(1, 6) n`,
  );
  expect(await judge(await stage.extracted())).toMatchObject({
    hold: { guard: 'maxProfiles', because: '6 customers would be sent for the first time, limit 5.' },
  });
});

describe('minRowShare', () => {
  const modelRun = { table: 'model_runs', model: 'churn', rowCount: 'scored_rows' };

  async function withModelRun(id: string, rows: number | null): Promise<number> {
    await stage.world.tenant.raw('alter table model_runs add column if not exists scored_rows int');
    await stage.world.tenant.raw(`insert into model_runs values (?, 'churn', 'completed', now(), now(), ?)`, [
      id,
      rows!,
    ]);
    stage.world.configure({ modelRun, guards: { minRowShare: 0.9 } });
    const run = await stage.open({ modelRun: 'latest' });
    await stage.call('waitForModelRun', { run });
    await stage.call('askForLease', { run, kind: 'sync' });
    await stage.call('prepareRun', { run, modelRun: null, keyConfirmed: false });
    await stage.call('extractChanges', { run });
    return run;
  }

  test('a model run that states more rows than were found holds; one that states nothing does not', async () => {
    await fillStore(stage.world, 200);
    const short = await withModelRun('m1', 250);
    expect(await judge(short)).toMatchObject({
      hold: { because: '80.0 % of the rows stated by the model run were found, at least 90 % expected.' },
    });
    await stage.call('closeRun', { run: short, end: 'discarded' });
    expect(await judge(await withModelRun('m2', null))).toEqual({ hold: null });
  });

  test('a model run that was synced before is no measure: its rows lie behind the window', async () => {
    await fillStore(stage.world, 200);
    const first = await withModelRun('m1', 200);
    expect(await judge(first)).toEqual({ hold: null });
    await stage.call('askForLease', { run: first, kind: 'workspace' });
    await stage.finish(first);
    stage.world.configure({ modelRun, overlap: '0s', guards: { minRowShare: 0.9 } });
    const again = await stage.open({ modelRun: 'latest' });
    await stage.call('waitForModelRun', { run: again });
    await stage.call('askForLease', { run: again, kind: 'sync' });
    await stage.call('prepareRun', { run: again, modelRun: null, keyConfirmed: false });
    await stage.call('extractChanges', { run: again });
    expect(await readRun(stage.ledger, again)).toMatchObject({ candidates: 0, modelRun: 'm1', modelRunRows: null });
    expect(await judge(again)).toEqual({ hold: null });
  });
});

test('approving one guard leaves the others judged', async () => {
  const run = await afterAChange('next_best_product = null', { maxChangedShare: 0.2, maxClearedShare: 0.05 });
  expect(await judge(run, ['maxChangedShare'])).toMatchObject({ hold: { guard: 'maxClearedShare' } });
  expect(await judge(run, ['maxChangedShare', 'maxClearedShare'])).toEqual({ hold: null });
});

test.each([
  ['maxChangedShare', `next_best_product = 'new'`],
  ['maxClearedShare', 'next_best_product = null'],
  ['maxCustomers', `next_best_product = 'new'`],
  ['maxValues', `next_best_product = 'new'`],
])('%s is judged on what would really change', async (guard, set) => {
  const share = guard.endsWith('Share');
  // Exactly at the limit is within it.
  const run = await afterAChange(set, { maxClearedShare: 1, [guard]: share ? 1 : 200 });
  expect(await judge(run)).toEqual({ hold: null });
  await stage.call('closeRun', { run, end: 'discarded' });
  stage.world.configure({ guards: { maxClearedShare: 1, [guard]: share ? 0.99 : 199 } });
  expect(await judge(await stage.extracted())).toMatchObject({ hold: { guard } });
});

test('rejections of values that were refused before are not judged again', async () => {
  const bad = `churn_probability = case when customer_id < 'c000051' then 'NaN'::float8 else 0.5 end`;
  const run = await afterAChange(bad, { maxRejectedShare: 0.05 });
  expect(await judge(run)).toMatchObject({ hold: { guard: 'maxRejectedShare' } });
  await stage.call('askForLease', { run, kind: 'workspace' });
  await stage.finish(run);
  await stage.world.tenant.raw('update predictive_attributes set updated_at = clock_timestamp()');
  const again = await stage.extracted();
  expect(await readRun(stage.ledger, again)).toMatchObject({ newlyRejected: 0 });
  expect(await judge(again)).toEqual({ hold: null });
});

test('each run is judged by the limits it was prepared with', async () => {
  const run = await afterAChange(`next_best_product = 'new'`, { maxChangedShare: 1 });
  stage.world.configure({ guards: { maxChangedShare: 0.01 } });
  expect(await judge(run)).toEqual({ hold: null });
});

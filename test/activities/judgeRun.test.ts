import { readRun } from '../../src/ledger/runs';
import { HOLD_FAILURE } from '../../src/types';
import { fillStore } from '../world';
import { createStage, type Stage } from './stage';

let stage: Stage;
beforeEach(async () => {
  stage = await createStage();
});
afterEach(() => stage.close());

const judge = (run: number, approvedGuards: string[] = []) => stage.call('judgeRun', { run, approvedGuards });

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
  expect(await judge(await stage.extracted())).toEqual({ passed: true });
});

test('a guard that trips holds the run before anything is sent; approved it is not judged again', async () => {
  const run = await afterAChange(`next_best_product = 'new'`, { maxChangedShare: 0.2 });
  await expect(judge(run)).rejects.toMatchObject({
    ...{ type: HOLD_FAILURE, nonRetryable: true },
    details: [{ cause: 'guard', guard: 'maxChangedShare', because: expect.stringMatching(/Nothing was sent\.$/) }],
  });
  expect(await judge(run, ['maxChangedShare'])).toEqual({ passed: true });
});

test('approving one guard leaves the others judged', async () => {
  const run = await afterAChange('next_best_product = null', { maxChangedShare: 0.2, maxClearedShare: 0.05 });
  await expect(judge(run, ['maxChangedShare'])).rejects.toMatchObject({ details: [{ guard: 'maxClearedShare' }] });
  expect(await judge(run, ['maxChangedShare', 'maxClearedShare'])).toEqual({ passed: true });
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
  expect(await judge(run)).toEqual({ passed: true });
  await stage.call('closeRun', { run, end: 'discarded' });
  stage.world.configure({ guards: { maxClearedShare: 1, [guard]: share ? 0.99 : 199 } });
  await expect(judge(await stage.extracted())).rejects.toMatchObject({ details: [{ guard }] });
});

test('rejections of values that were refused before are not judged again', async () => {
  const bad = `churn_probability = case when customer_id < 'c000051' then 'NaN'::float8 else 0.5 end`;
  const run = await afterAChange(bad, { maxRejectedShare: 0.05 });
  await expect(judge(run)).rejects.toMatchObject({ details: [{ guard: 'maxRejectedShare' }] });
  await stage.call('askForLease', { run, kind: 'workspace' });
  await stage.finish(run);
  await stage.world.tenant.raw('update predictive_attributes set updated_at = clock_timestamp()');
  const again = await stage.extracted();
  expect(await readRun(stage.ledger, again)).toMatchObject({ newlyRejected: 0 });
  expect(await judge(again)).toEqual({ passed: true });
});

test('each run is judged by the limits it was prepared with', async () => {
  const run = await afterAChange(`next_best_product = 'new'`, { maxChangedShare: 1 });
  stage.world.configure({ guards: { maxChangedShare: 0.01 } });
  expect(await judge(run)).toEqual({ passed: true });
});

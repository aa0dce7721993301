import { listRuns } from '../../src/ledger/runs';
import { peakBraze } from '../cli/peakBraze';
import { createEnvironment, eventually, fillStore, type TestEnvironment } from '../environment';

let world: TestEnvironment;
beforeEach(async () => {
  world = await createEnvironment({
    sync: { modelRun: { table: 'model_runs', model: 'churn', timeout: '20s', poll: '500ms' } },
  });
  await fillStore(world, 20);
  await world.startWorker();
});
afterEach(() => world.close());

const modelRun = (id: string, completedAt: string) =>
  world.tenant.raw(`insert into model_runs values (?, 'churn', 'completed', now(), ?)`, [id, completedAt]);
const now = () => new Date().toISOString();

test('a model run dated in 2062 is not taken, is named by check, and does not stop the ones after it', async () => {
  await modelRun('m1', now());
  expect(await world.run()).toMatchObject({ state: 'completed', modelRun: 'm1' });
  await modelRun('typo', '2062-11-27T00:00:00Z');
  const waiting = await world.start();
  await world.reaches(waiting, 'waiting-for-model-run');
  const check = await peakBraze(world, ['check']);
  expect(check).toMatchObject({ exitCode: 0 });
  expect(check.stdout).toMatch(/^warn +churn +modelRun: typo is dated 2062-11-27 00:00:00\+00, later than/m);
  await modelRun('m2', now());
  expect(await world.ended(waiting)).toMatchObject({ state: 'completed', modelRun: 'm2' });
});

test('a sync that took a wrong date in an earlier version waits for the next model run after the last recorded one', async () => {
  await modelRun('typo', now());
  await world.run();
  await world.ledger.raw(`update peak_braze.runs set model_run_completed_at = '2062-11-27 00:00:00+00'`);
  await world.tenant.raw('delete from model_runs');
  await modelRun('m2', now());
  // A manual run takes the latest one, and from then on the schedule goes by that.
  expect(await world.run({ modelRun: 'latest' })).toMatchObject({ state: 'completed', modelRun: 'm2' });
  await modelRun('m3', new Date(Date.now() + 1).toISOString());
  expect(await world.run({ modelRun: 'next' })).toMatchObject({ state: 'completed', modelRun: 'm3' });
  await eventually(async () => (await listRuns(world.ledger, 'churn', 1))[0]?.modelRun === 'm3', 'the record');
});

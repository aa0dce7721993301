import { DEFAULT_KEY } from '../../emulators/braze/emulator';
import { readRun } from '../../src/ledger/runs';
import { peakBraze } from '../cli/peakBraze';
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
  await fillStore(world, 300);
});
afterEach(() => world.close());

const churn = { column: 'churn_probability', type: 'number', decimals: 2, range: { min: 0, max: 0.5 } };

test.each([
  ['maxNullShare', { guards: { maxNullShare: 0.2 } }, '66.7 % of customers have no predicted_value, limit 20 %.'],
  ['maxProfiles', { guards: { maxProfiles: 100 } }, '300 customers would be sent for the first time, limit 100.'],
  [
    'maxOutOfRangeShare',
    { attributes: { churn_probability: { ...churn, range: { max: 0.1 } } } },
    '66.7 % of the values of churn_probability are outside its range, limit 5 %.',
  ],
  [
    'minRowShare',
    { modelRun: { table: 'model_runs', model: 'churn', rowCount: 'n' }, guards: { minRowShare: 0.9 } },
    '60.0 % of the rows stated by the model run were found, at least 90 % expected.',
  ],
])('%s holds the run before anything is posted; approved, all of it goes out', async (_guard, setting, because) => {
  await world.tenant.raw(`
    update predictive_attributes set predicted_value = null where customer_id > 'c000100';
    alter table model_runs add column n int;
    insert into model_runs values ('m1', 'churn', 'completed', now(), now(), 500)`);
  world.configure(setting);
  await world.startWorker();
  const run = await world.start({ modelRun: 'latest' });
  expect(await world.reaches(run, 'held')).toMatchObject({ heldBecause: because, hold: 1 });
  expect(world.braze.requests).toHaveLength(0);
  await eventually(async () => (await readRun(world.ledger, 1)).state === 'held', 'the hold in the ledger');
  expect(await readRun(world.ledger, 1)).toMatchObject({ holdCause: 'guard', stoppedAt: expect.stringMatching(/Z$/) });

  await world.signal(run, 'approve');
  expect(await world.ended(run)).toMatchObject({ state: 'completed', accepted: 300 });
  expect(await readRun(world.ledger, 1)).toMatchObject({ holdCause: null });
  if (!('attributes' in setting)) await expectProfilesEqualStore(world);
});

test('a hold that needs a fix is retried, not approved: status and commands say so', async () => {
  await world.startWorker();
  world.braze.revokeKey(DEFAULT_KEY);
  const run = await world.start();
  await world.reaches(run, 'held');
  await eventually(async () => (await readRun(world.ledger, 1)).state === 'held', 'the hold in the ledger');
  const { lines } = await peakBraze(world, ['status', 'churn']);
  expect(lines).toContainEqual(expect.stringMatching(/^churn, run 1, hold 1, needs a fix: /));
  expect(lines).toContainEqual(
    expect.stringMatching(
      /^Nothing was sent; no data is lost\. If you do nothing, this run ends .+ and the next one finds the same changes\.$/,
    ),
  );
  expect(lines.filter((line) => line.startsWith('  '))).toEqual([
    '  inspect  npx peak-braze check',
    '  retry    npx peak-braze retry churn   (after the fix)',
    '  discard  npx peak-braze discard churn',
    '       ok    cleared not judged (first run: nothing to compare with; limit 5 %)',
    '       ok    rejected 0.0 % (limit 5 %)',
  ]);
  expect(await peakBraze(world, ['approve', 'churn'])).toMatchObject({
    exitCode: 2,
    stderr:
      'error churn, run 1 needs a fix, not approval (refused-key). Fix the cause, then: npx peak-braze retry churn\n',
  });
  world.braze.restoreKey(DEFAULT_KEY);
  expect(await peakBraze(world, ['retry', 'churn'])).toMatchObject({ exitCode: 0 });
  expect(await world.ended(run)).toMatchObject({ state: 'completed', accepted: 300 });
});

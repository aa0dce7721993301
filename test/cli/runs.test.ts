import { csvLine } from '../../src/cli/shared/csv';
import { openRun } from '../../src/ledger/runs';
import type { RunSummary } from '../../src/types/run';
import { createEnvironment, fillStore, type TestEnvironment } from '../environment';
import { peakBraze, peakBrazeJson } from './peakBraze';

let world: TestEnvironment | null = null;
afterEach(async () => {
  await world?.close();
  world = null;
});

/** A recorded run that began at this time. */
async function recorded(startedAt: string, figures: Record<string, number>, attributes = 4): Promise<void> {
  const request = { modelRun: 'next', since: null, until: null, selection: null, resend: false } as const;
  const run = await openRun(
    world!.ledger,
    {
      sync: 'churn',
      mode: 'changes',
      namespace: 'default',
      workflowId: `peak-braze/churn-${startedAt}`,
      firstRunId: startedAt,
      request,
    },
    'delivering',
  );
  await world!
    .ledger('runs')
    .where({ number: run })
    .update({
      state: 'completed',
      started_at: startedAt,
      finished_at: startedAt,
      settings: JSON.stringify({ attributes: Array.from({ length: attributes }, () => ({})) }),
      model_run: 'week 48, "rerun"',
      ...figures,
    });
}

const november = async () => {
  await recorded('2026-10-31T23:59:59Z', { candidates: 7, accepted: 7, requests: 1, values_sent: 28 });
  await recorded('2026-11-01T00:00:00Z', { candidates: 1000, accepted: 1000, requests: 14, values_sent: 4000 });
  await recorded('2026-11-30T23:59:59Z', { candidates: 1000, accepted: 100, requests: 2, values_sent: 150 });
  await recorded('2026-12-01T00:00:00Z', { candidates: 9, accepted: 9, requests: 1, values_sent: 36 });
};

test('a run says what it sent and what it avoided', async () => {
  world = await createEnvironment();
  await world.startWorker();
  await fillStore(world, 50);
  await world.run();
  await world.tenant.raw(
    `update predictive_attributes set next_best_product = 'new', updated_at = clock_timestamp() where customer_id < 'c000006'`,
  );
  await world.run();
  const { lines } = await peakBraze(world, ['runs', 'churn']);
  expect(lines[0]).toMatch(/REQUESTS {2}VALUES {2}AVOIDED$/);
  expect(lines[1]).toMatch(/^ {2}2 .* {2}50 +5 +5 +0 +1 +5 +195$/);
  expect(lines[2]).toMatch(/^ {2}1 .* {2}50 +50 +50 +0 +1 +200 +0$/);
  expect(await peakBrazeJson(world, ['runs', 'churn', '--last', '1'])).toMatchObject([{ run: 2, valuesAvoided: 195 }]);
});

test('a month lists all its runs and their sum, to reconcile with Braze’s usage page', async () => {
  world = await createEnvironment();
  await november();
  const { lines, exitCode } = await peakBraze(world, ['runs', 'churn', '--month', '2026-11']);
  expect(exitCode).toBe(0);
  expect(lines).toHaveLength(6);
  expect(lines.slice(1, 3).map((line) => line.slice(0, 5))).toEqual(['  3  ', '  2  ']);
  expect(lines.slice(3)).toEqual([
    '2026-11 (UTC): 2 runs   16 requests   4,150 values sent (data points)   1,100 customers accepted',
    '      a timestamp sync would have sent 8,000 values; avoided 3,850 (48.1 %)',
    '      To reconcile with Braze: Settings > Billing. Other writers and repeated requests count there too.',
  ]);
  const json = await peakBrazeJson<RunSummary[]>(world, ['runs', 'churn', '--month', '2026-11']);
  expect(json.map(({ run, valuesSent, valuesAvoided }) => [run, valuesSent, valuesAvoided])).toEqual([
    [3, 150, 3850],
    [2, 4000, 0],
  ]);
  expect((await peakBraze(world, ['runs', 'churn', '--month', '2025-01'])).stdout).toBe(
    'churn did not run in 2025-01. All its runs: npx peak-braze runs churn\n',
  );
});

test('--csv prints a header and one line a run, and nothing else', async () => {
  world = await createEnvironment();
  await november();
  const { stdout } = await peakBraze(world, ['runs', 'churn', '--month', '2026-11', '--csv']);
  const lines = stdout.split('\r\n');
  expect(lines).toHaveLength(4);
  expect(lines[0]).toBe(
    'run,workflowId,temporalRunId,sync,mode,state,modelRun,windowFrom,windowTo,candidates,changed,accepted,rejected,requests,valuesSent,refreshed,valuesAvoided,startedAt,finishedAt',
  );
  expect(lines[1]).toBe(
    '3,peak-braze/churn-2026-11-30T23:59:59Z,2026-11-30T23:59:59Z,churn,changes,completed,"week 48, ""rerun""",,,' +
      '1000,0,100,0,2,150,0,3850,2026-11-30T23:59:59.000Z,2026-11-30T23:59:59.000Z',
  );
  const [first] = await peakBrazeJson<object[]>(world, ['runs', 'churn', '--last', '1']);
  expect(lines[0]).toBe(Object.keys(first!).join(','));
});

test('contradictory and invalid options are refused', async () => {
  world = await createEnvironment();
  for (const wrong of [
    ['--month', '2026-13'],
    ['--month', 'november'],
    ['--month', '2026-11', '--last', '3'],
    ['--csv', '--json'],
    ['--last', '0'],
  ]) {
    expect((await peakBraze(world, ['runs', 'churn', ...wrong])).exitCode).toBe(2);
  }
});

test('a field is quoted where it must be, and a quote in it is doubled', () => {
  expect(csvLine(['a', 1, true, null, 'b,c', 'd"e', 'f\ng', ''])).toBe('a,1,true,,"b,c","d""e","f\ng",\r\n');
});

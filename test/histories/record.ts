import { mkdtemp, writeFile } from 'node:fs/promises';
import { homedir, hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { DEFAULT_KEY } from '../../emulators/braze/emulator';
import { startTemporal } from '../../src/local/temporal';
import type { StartedRun } from '../../src/temporal/runs';
import { createEnvironment, eventually, fillStore, PROJECT, type TestEnvironment, type TestEnvironmentOptions } from '../environment';
import { readable } from './readable';
import { scrub } from './scrub';

/**
 * Records the histories that test/workflows/replay.test.ts replays, from real runs on the real server:
 *
 *     npx jest --testRegex test/histories/record.ts
 *
 * A history is recorded when a path is new, never because an old one no longer replays: then the code is wrong (`patched`).
 */
jest.setTimeout(120_000);

let world: TestEnvironment;
afterEach(() => world.close());

/** A store of so many customers, delivered by chunks of 75 over two lanes. */
async function begin(customers: number, options: TestEnvironmentOptions = {}): Promise<void> {
  world = await createEnvironment({ taskQueue: 'peak-braze', ...options });
  world.configure({ delivery: { settle: '0s', chunkCustomers: 75, lanes: 2 } });
  await world.startWorker();
  await fillStore(world, customers);
}

/** So slow that a person can act in the middle. */
function slowly(): void {
  const endpoint = { restEndpoint: world.braze.url, apiKey: '${BRAZE_API_KEY}' };
  world.configure({}, { workspaces: { 'shop-eu': { ...endpoint, rateLimit: { requests: 6, perSeconds: 1 } } } });
}

function change(set = `next_best_product = 'new'`) {
  return world.tenant.raw(`update predictive_attributes set ${set}, updated_at = clock_timestamp()`);
}

const someRequests = (n: number) => eventually(async () => world.braze.requests.length >= n, `${n} requests`);
const handle = (run: StartedRun) => world.temporal.client.workflow.getHandle(run.workflowId);

/** Stores the history of one execution; default the run's last. */
async function store(name: string, run: StartedRun, executionId?: string): Promise<void> {
  const history = await world.temporal.client.workflow.getHandle(run.workflowId, executionId).fetchHistory();
  const { events } = scrub(JSON.parse(historyToJSON(history)) as { events: unknown[] });
  for (const ours of [hostname(), homedir(), tmpdir(), PROJECT, DEFAULT_KEY]) {
    if (readable(events).includes(ours)) throw new Error(`${name} would tell where it was recorded: ${ours}`);
  }
  // An event a line: small, and still to be read in a diff.
  const lines = events.map((event) => JSON.stringify(event)).join(',\n');
  await writeFile(join(__dirname, `${name}.json`), `{"events":[\n${lines}\n]}\n`);
}

test('several-chunks', async () => {
  await begin(375);
  const run = await world.start();
  expect(await world.ended(run)).toMatchObject({ state: 'completed', accepted: 375 });
  await store('several-chunks', run);
});

test('nothing-changed', async () => {
  await begin(10);
  await world.run();
  const run = await world.start();
  expect(await world.ended(run)).toMatchObject({ state: 'completed', requests: 0 });
  await store('nothing-changed', run);
});

test('paused-and-resumed', async () => {
  await begin(600);
  slowly();
  const run = await world.start();
  await someRequests(2);
  await world.signal(run, 'pause');
  await world.reaches(run, 'paused');
  await world.signal(run, 'resume');
  expect(await world.ended(run)).toMatchObject({ state: 'completed', accepted: 600 });
  await store('paused-and-resumed', run);
});

test('held-by-guard-and-approved', async () => {
  await begin(200);
  await world.run();
  world.configure({ guards: { maxChangedShare: 0.2 } });
  await change();
  const run = await world.start();
  await world.reaches(run, 'held');
  await world.signal(run, 'resume');
  await world.signal(run, 'approve', { hold: 7 });
  await world.signal(run, 'approve', { hold: 1 });
  expect(await world.ended(run)).toMatchObject({ state: 'completed', accepted: 200 });
  await store('held-by-guard-and-approved', run);
});

/** The guard of the history above holds by a failed activity, as in earlier versions; here its verdict is a result. */
test('held-by-verdict-and-approved', async () => {
  await begin(200);
  await world.run();
  world.configure({ guards: { maxChangedShare: 0.2, maxValues: 100 } });
  await change();
  const run = await world.start();
  await world.reaches(run, 'held');
  await world.signal(run, 'approve', { hold: 1 });
  await eventually(async () => (await world.progress(run)).hold === 2, 'the hold of the other guard');
  await world.signal(run, 'pause');
  await world.reaches(run, 'paused');
  await world.signal(run, 'approve', { hold: 2 });
  await world.signal(run, 'resume');
  expect(await world.ended(run)).toMatchObject({ state: 'completed', accepted: 200 });
  await store('held-by-verdict-and-approved', run);
});

test('refused-key-and-retried', async () => {
  await begin(300);
  slowly();
  const run = await world.start();
  await someRequests(2);
  world.braze.revokeKey(DEFAULT_KEY);
  await world.reaches(run, 'held');
  await world.signal(run, 'pause');
  await world.reaches(run, 'paused');
  world.braze.restoreKey(DEFAULT_KEY);
  await world.signal(run, 'resume');
  await world.reaches(run, 'held');
  await world.signal(run, 'retry');
  expect(await world.ended(run)).toMatchObject({ state: 'completed', accepted: 300 });
  await store('refused-key-and-retried', run);
});

test('outage-told', async () => {
  await begin(200);
  world.braze.outage(true);
  const run = await world.start();
  await eventually(async () => (await world.progress(run)).waiting !== undefined, 'the wait to be told');
  world.braze.outage(false);
  expect(await world.ended(run)).toMatchObject({ state: 'completed', accepted: 200 });
  await store('outage-told', run);
});

test('attribute-cleared', async () => {
  await begin(200);
  await world.run();
  const run = await world.start({ mode: 'backfill', clear: 'predicted_value' });
  await world.reaches(run, 'held');
  await world.signal(run, 'approve', { hold: 1 });
  expect(await world.ended(run)).toMatchObject({ state: 'completed', accepted: 200 });
  await store('attribute-cleared', run);
});

test('held-too-long', async () => {
  await begin(10);
  world.configure({ holdFor: '1s' });
  world.braze.revokeKey(DEFAULT_KEY);
  const run = await world.start();
  expect(await world.ended(run)).toMatchObject({ state: 'incomplete' });
  await store('held-too-long', run);
});

test('cancelled', async () => {
  await begin(600);
  slowly();
  const run = await world.start();
  await someRequests(2);
  await handle(run).cancel();
  expect(await world.ended(run)).toMatchObject({ state: 'cancelled' });
  await store('cancelled', run);
});

test('paused-and-discarded', async () => {
  await begin(600);
  slowly();
  const run = await world.start();
  await someRequests(2);
  await world.signal(run, 'pause');
  await world.reaches(run, 'paused');
  await world.signal(run, 'discard');
  expect(await world.ended(run)).toMatchObject({ state: 'discarded' });
  await store('paused-and-discarded', run);
});

test('queued', async () => {
  await begin(600);
  slowly();
  const first = await world.start();
  await someRequests(1);
  const run = await world.start();
  await world.reaches(run, 'queued');
  await world.signal(run, 'pause');
  await world.reaches(run, 'paused');
  await world.signal(run, 'resume');
  await world.ended(first);
  expect(await world.ended(run)).toMatchObject({ state: 'completed', changed: 0 });
  await store('queued', run);
});

test('backfill', async () => {
  await begin(450);
  await world.run();
  const run = await world.start({ mode: 'backfill', everything: true, resend: true });
  expect(await world.ended(run)).toMatchObject({ state: 'completed', accepted: 450 });
  await store('backfill', run);
});

test('model-run-by-signal', async () => {
  await begin(10);
  world.configure({ modelRun: 'signal' });
  const run = await world.start();
  await world.reaches(run, 'waiting-for-model-run');
  await world.signal(run, 'modelRunCompleted', { modelRun: 'm42' });
  expect(await world.ended(run)).toMatchObject({ state: 'completed', modelRun: 'm42' });
  await store('model-run-by-signal', run);
});

test('no-new-model-run', async () => {
  await begin(10);
  world.configure({ modelRun: { table: 'model_runs', model: 'churn', poll: '1s', timeout: '2s' } });
  const run = await world.start();
  expect(await world.ended(run)).toMatchObject({ state: 'no-new-model-run' });
  await store('no-new-model-run', run);
});

test('continued-as-new', async () => {
  const temporal = await startTemporal({
    dir: await mkdtemp(join(tmpdir(), 'peak-braze-record-')), headless: true, note: () => undefined,
    extraArgs: ['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=40'],
  });
  try {
    await begin(900, { temporalAddress: temporal.address });
    const run = await world.start();
    expect(await world.ended(run)).toMatchObject({ state: 'completed', accepted: 900 });
    await store('continued-as-new-first', run, run.firstRunId);
    await store('continued-as-new-last', run);
    // A query that reaches the last execution proves that it is another one.
    expect((await handle(run).describe()).runId).not.toBe(run.firstRunId);
  } finally {
    await world.close();
    await temporal.stop();
    world = await createEnvironment();
  }
});

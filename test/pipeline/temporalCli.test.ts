import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { DEFAULT_KEY } from '../../emulators/braze/emulator';
import { findRun, listRuns } from '../../src/ledger/runs';
import { findTemporalBinary } from '../../src/local/temporalBinary';
import type { Progress } from '../../src/types/messages';
import type { RunState } from '../../src/types/run';
import type { SyncInput } from '../../src/types/workflow';
import {
  createEnvironment,
  eventually,
  expectProfilesEqualStore,
  fillStore,
  type TestEnvironment,
} from '../environment';

/*
 * Every state and its next steps, with the `temporal` command alone, as its documentation describes: what an operator can do
 * without peak-braze. The Web UI sends the same signals.
 */

let world: TestEnvironment;
let binary: string;
beforeAll(async () => {
  binary = await findTemporalBinary({ note: () => undefined });
});
beforeEach(async () => {
  world = await createEnvironment({ sync: { delivery: { settle: '0s', chunkCustomers: 1_000, lanes: 2 } } });
});
afterEach(() => world.close());

async function temporal(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(binary, [...args, '--address', process.env.TEST_TEMPORAL_ADDRESS!], {
    env: { PATH: process.env.PATH, HOME: world.dir },
  });
  return stdout;
}

let started = 0;

/** Starts a run manually, with the input of the contract. Returns its workflow id. */
async function start(input: Partial<SyncInput> = {}): Promise<string> {
  started += 1;
  const id = `peak-braze/churn/run-by-hand-${process.pid}-${started}`;
  const json = JSON.stringify({ sync: 'churn', ...input });
  const where = ['--task-queue', world.temporal.taskQueue, '--workflow-id', id];
  await temporal('workflow', 'start', '--type', 'syncPredictiveAttributes', ...where, '--input', json);
  return id;
}

const signal = (id: string, name: string, input?: string) =>
  temporal(
    'workflow',
    'signal',
    '--workflow-id',
    id,
    '--name',
    name,
    ...(input === undefined ? [] : ['--input', input]),
  );

async function progress(id: string): Promise<Progress> {
  const args = ['workflow', 'query', '--workflow-id', id, '--type', 'progress', '--output', 'json'];
  return JSON.parse(await temporal(...args)).queryResult[0];
}

const reaches = (id: string, state: RunState) =>
  eventually(async () => {
    const asked = await progress(id);
    return asked.state === state ? asked : null;
  }, `${id} to be ${state}`);

/** The run's end, from its ledger row. */
const ended = (id: string) =>
  eventually(async () => {
    const run = (await listRuns(world.ledger, 'churn', 20)).find(({ workflowId }) => workflowId === id);
    return run?.finishedAt ? run : null;
  }, `${id} to end`);

const newProduct = () =>
  world.tenant.raw(`update predictive_attributes set next_best_product = 'new', updated_at = clock_timestamp()`);

async function sentOnce(customers: number): Promise<void> {
  await world.startWorker();
  await fillStore(world, customers);
  expect((await world.run()).state).toBe('completed');
}

test('start, query, pause in mid-delivery, resume: the search attributes and the current details say where it stands', async () => {
  await sentOnce(3_000);
  await newProduct();
  const before = world.braze.requests.length;
  world.braze.setLatency(300);
  const id = await start();
  await reaches(id, 'delivering');
  await signal(id, 'pause');
  const paused = await reaches(id, 'paused');
  expect(paused).toMatchObject({ run: 2, changed: 3_000, since: expect.any(String) });
  const described = JSON.parse(await temporal('workflow', 'describe', '--workflow-id', id, '--output', 'json'));
  expect(JSON.stringify(described)).toContain(Buffer.from('"paused"').toString('base64'));
  const metadata = await temporal('workflow', 'metadata', '--workflow-id', id, '--output', 'json');
  expect(JSON.stringify(metadata)).toContain('resume');

  world.braze.setLatency(0);
  await signal(id, 'resume');
  expect(await ended(id)).toMatchObject({ state: 'completed', accepted: 3_000 });
  expect(world.braze.sentTwice(before)).toEqual([]);
  await expectProfilesEqualStore(world);
});

test('a guard: a bare approve counts while it holds; approve of another hold is ignored and listed', async () => {
  await sentOnce(150);
  await newProduct();
  world.configure({ guards: { maxChangedShare: 0.2 } });
  const id = await start();
  expect(await reaches(id, 'held')).toMatchObject({ hold: 1, heldBecause: expect.stringContaining('limit 20 %') });
  await signal(id, 'approve', '{"hold": 7}');
  await signal(id, 'resume');
  const { ignored } = await eventually(async () => {
    const asked = await progress(id);
    return asked.ignored.length === 2 ? asked : null;
  }, 'both to be ignored');
  expect(ignored).toEqual([
    'approve: hold 7 is not the current one (1)',
    'resume: the run is held: retry, approve or discard',
  ]);
  await signal(id, 'approve');
  expect(await ended(id)).toMatchObject({ state: 'completed', accepted: 150 });
});

test('a refused key: retry after it is fixed; discard ends the run, and the next one sends the same', async () => {
  await sentOnce(150);
  await newProduct();
  world.braze.revokeKey(DEFAULT_KEY);
  const id = await start();
  await reaches(id, 'held');
  await signal(id, 'retry');
  // Not fixed yet: the same cause, the next number.
  await eventually(async () => (await progress(id)).hold === 2, 'the second hold');
  await signal(id, 'discard');
  expect(await ended(id)).toMatchObject({ state: 'discarded', accepted: 0 });

  world.braze.restoreKey(DEFAULT_KEY);
  const next = await start();
  expect(await ended(next)).toMatchObject({ state: 'completed', changed: 150, accepted: 150 });
});

test('cancel in mid-delivery keeps what was accepted, and the next run sends exactly the others', async () => {
  await sentOnce(3_000);
  await newProduct();
  world.braze.setLatency(300);
  const id = await start();
  await reaches(id, 'delivering');
  await temporal('workflow', 'cancel', '--workflow-id', id);
  const cancelled = await ended(id);
  expect(cancelled).toMatchObject({ state: 'cancelled', changed: 3_000 });

  world.braze.setLatency(0);
  const next = await start();
  expect(await ended(next)).toMatchObject({ state: 'completed', accepted: 3_000 - cancelled.accepted });
  await expectProfilesEqualStore(world);
});

test('waiting for a model run: the signal with its name ends the wait, an early one is kept', async () => {
  await world.startWorker();
  await fillStore(world, 10);
  world.configure({ modelRun: 'signal' });
  const id = await start();
  await reaches(id, 'waiting-for-model-run');
  await signal(id, 'modelRunCompleted', '{"modelRun": "m42"}');
  expect(await ended(id)).toMatchObject({ state: 'completed', modelRun: 'm42', accepted: 10 });
});

test('without any worker signals are kept: a run paused before it began waits, and continues when resumed', async () => {
  await fillStore(world, 10);
  const id = await start();
  await signal(id, 'pause');
  await world.startWorker();
  await reaches(id, 'paused');
  expect(world.braze.requests).toEqual([]);
  await signal(id, 'resume');
  expect(await ended(id)).toMatchObject({ state: 'completed', accepted: 10 });
});

test('an input that names no sync, or a mode there is not, ends at once and says what was meant', async () => {
  await world.startWorker();
  const id = await start({ mode: 'everything' as never });
  const shown = await eventually(async () => {
    const text = await temporal('workflow', 'describe', '--workflow-id', id);
    return /FAILED/i.test(text) ? temporal('workflow', 'show', '--workflow-id', id, '--output', 'json') : null;
  }, 'the run to fail');
  expect(shown).toContain('This run cannot start: mode must be one of changes, full, backfill.');
  expect(await findRun(world.ledger, 'none')).toBeNull();
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { listRuns } from '../../src/ledger/runs';
import { startTemporal, type TemporalServer } from '../../src/local/temporal';
import type { StartedRun } from '../../src/temporal/runs';
import type { SyncInput } from '../../src/types/workflow';
import {
  createEnvironment,
  eventually,
  expectProfilesEqualStore,
  fillStore,
  type TestEnvironment,
} from '../environment';
import { payloads } from '../histories/readable';

/** A server that asks for a new execution after so many events; the real one asks after 4,096. */
const EVENTS = 40;

let dir: string;
let temporal: TemporalServer;
let world: TestEnvironment;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'peak-braze-continue-'));
  temporal = await startTemporal({
    dir,
    headless: true,
    note: () => undefined,
    extraArgs: ['--dynamic-config-value', `limit.historyCount.suggestContinueAsNew=${EVENTS}`],
  });
});
afterAll(async () => {
  await temporal.stop();
  await rm(dir, { recursive: true, force: true });
});
beforeEach(async () => {
  world = await createEnvironment({ temporalAddress: temporal.address });
  await world.startWorker();
});
afterEach(() => world.close());

function paced(chunkCustomers: number, requestsPerSecond: number): void {
  world.configure(
    { delivery: { settle: '0s', chunkCustomers, lanes: 2 } },
    {
      workspaces: {
        'shop-eu': {
          restEndpoint: world.braze.url,
          apiKey: '${BRAZE_API_KEY}',
          rateLimit: { requests: requestsPerSecond, perSeconds: 1 },
        },
      },
    },
  );
}

/** The first input of each execution of a run, in order. */
async function executions(run: StartedRun): Promise<SyncInput[]> {
  const inputs: SyncInput[] = [];
  let next: string | null = run.firstRunId;
  while (next !== null) {
    const history = await world.temporal.client.workflow.getHandle(run.workflowId, next).fetchHistory();
    const [started] = (JSON.parse(historyToJSON(history)) as { events: unknown[] }).events;
    inputs.push(JSON.parse(payloads(started)[0]!) as SyncInput);
    next = history.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? null;
  }
  return inputs;
}

async function currentExecution(run: StartedRun): Promise<string> {
  return (await world.temporal.client.workflow.getHandle(run.workflowId).describe()).runId;
}

/** Waits for the execution after this one. */
function continued(run: StartedRun, executionId: string): Promise<true> {
  return eventually(async () => (await currentExecution(run)) !== executionId, 'the next execution');
}

async function leases(): Promise<Record<string, number | null>> {
  const { rows } = await world.ledger.raw('select kind, holder from leases');
  return Object.fromEntries(rows.map(({ kind, holder }: { kind: string; holder: number | null }) => [kind, holder]));
}

test('a run of many chunks continues as new, and is one run to everybody', async () => {
  await fillStore(world, 300);
  paced(10, 30);
  const run = await world.start();
  await continued(run, run.firstRunId);

  // Its first execution is closed. A run that waits for the sync must not take that for the end.
  const waiting = await world.start();
  await world.reaches(waiting, 'queued');
  expect((await leases()).sync).toBe(1);
  const progress = await eventually(async () => {
    const now = await world.progress(run);
    return now.accepted > 0 ? now : null;
  }, 'something to be accepted');
  expect(progress).toMatchObject({ run: 1, state: 'delivering', changed: 300, chunks: 30 });

  expect(await world.ended(run)).toMatchObject({
    run: 1,
    state: 'completed',
    temporalRunId: run.firstRunId,
    candidates: 300,
    changed: 300,
    accepted: 300,
    rejected: 0,
    requests: 30,
    valuesSent: 1_200,
  });
  expect(await world.ended(waiting)).toMatchObject({ run: 2, state: 'completed', changed: 0, requests: 0 });
  expect(await listRuns(world.ledger, 'churn', 10)).toHaveLength(2);
  expect(world.braze.sentTwice()).toEqual([]);
  await expectProfilesEqualStore(world);

  const inputs = await executions(run);
  expect(inputs.length).toBeGreaterThan(3);
  const carried = inputs.slice(1).map((input) => input.carried!);
  // What travels is one small object, whose length does not grow with the run.
  for (const state of carried) expect(JSON.stringify(state).length).toBeLessThan(1_500);
  expect(carried.map(({ run: number }) => number)).toEqual(carried.map(() => 1));
  const done = carried.map(({ chunksDone }) => chunksDone);
  expect(done).toEqual(done.toSorted((a, b) => a - b));
  expect(carried.every(({ chunksDone, nextChunk, unfinished }) => chunksDone === nextChunk - unfinished.length)).toBe(
    true,
  );
  expect(await leases()).toEqual({ sync: null, workspace: null });
});

test('a pause, the boundary, a resume: the chunk that was stopped continues after its receipts', async () => {
  await fillStore(world, 3_000);
  paced(750, 12);
  world.braze.setLatency(50);
  const run = await world.start();
  await eventually(async () => world.braze.requests.length >= 5, 'five requests');
  await world.signal(run, 'pause');
  const paused = await world.reaches(run, 'paused');
  expect(paused.accepted).toBe(world.braze.summary().profiles);
  const requests = world.braze.requests.length;
  // Each is ignored and costs history.
  for (let index = 0; index < 15; index += 1) await world.signal(run, 'approve');
  await eventually(async () => (await world.progress(run)).ignored.length === 10, 'the signals to be ignored');
  expect((await world.progress(run)).state).toBe('paused');

  const before = await currentExecution(run);
  await world.signal(run, 'resume');
  await continued(run, before);
  const { unfinished, stoppedSince, ignored, since, startedAt } = (await executions(run)).at(-1)!.carried!;
  expect(unfinished.length).toBeGreaterThan(0);
  expect(stoppedSince).not.toBeNull();
  expect(ignored).toHaveLength(10);
  expect(startedAt <= since).toBe(true);

  // Once more, in another execution, with the pause meeting the boundary wherever it does.
  await eventually(async () => world.braze.requests.length >= requests + 5, 'more requests');
  await world.signal(run, 'pause');
  await world.reaches(run, 'paused');
  await world.signal(run, 'resume');
  paced(750, 500);
  expect(await world.ended(run)).toMatchObject({ run: 1, state: 'completed', accepted: 3_000, requests: 40 });
  expect(world.braze.sentTwice()).toEqual([]);
  await expectProfilesEqualStore(world);
});

test('an approval given before the boundary holds behind it, and so does the time a run may be stopped', async () => {
  await fillStore(world, 120);
  await world.run();
  world.configure({ guards: { maxChangedShare: 0.1 } });
  paced(10, 60);
  await world.tenant.raw(`update predictive_attributes set next_best_product = 'new', updated_at = clock_timestamp()`);
  const run = await world.start();
  await world.reaches(run, 'held');
  await world.signal(run, 'approve', { hold: 1 });
  expect(await world.ended(run)).toMatchObject({ state: 'completed', accepted: 120 });
  const inputs = await executions(run);
  expect(inputs.length).toBeGreaterThan(1);
  expect(inputs.at(-1)!.carried).toMatchObject({
    holds: 1,
    hold: null,
    stoppedSince: expect.any(String),
    approvedGuards: ['maxChangedShare'],
  });
});

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporal as proto } from '@temporalio/proto';
import { findRun } from '../../src/ledger/runs';
import type { StartedRun } from '../../src/temporal/runs';
import {
  createEnvironment,
  eventually,
  expectProfilesEqualStore,
  fillStore,
  type TestEnvironment,
  type TestEnvironmentOptions,
} from '../environment';

let world: TestEnvironment;
afterEach(() => world.close());

async function worldWith(customers: number, sync: TestEnvironmentOptions['sync'] = {}): Promise<void> {
  world = await createEnvironment({ sync });
  await fillStore(world, customers);
}

/** As `temporal workflow reset` does, to the moment before an activity of this kind was first asked for; signals are left out. */
async function resetBefore(activity: string, { workflowId }: StartedRun): Promise<void> {
  const { client } = world.temporal;
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const asked = events!.find((event) => event.activityTaskScheduledEventAttributes?.activityType?.name === activity)!;
  await client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId },
    reason: 'a test',
    workflowTaskFinishEventId: asked.activityTaskScheduledEventAttributes!.workflowTaskCompletedEventId!,
    requestId: randomUUID(),
    resetReapplyType: proto.api.enums.v1.ResetReapplyType.RESET_REAPPLY_TYPE_NONE,
  });
}

test('a paused run that is reset into its delivery takes the workspace again, and sends nobody twice', async () => {
  await worldWith(20_000, { delivery: { settle: '0s', chunkCustomers: 5_000, lanes: 2 } });
  world.braze.setLatency(150);
  await world.startWorker();
  const run = await world.start();
  await eventually(async () => world.braze.requests.length > 20, 'some requests');
  await world.signal(run, 'pause');
  await world.reaches(run, 'paused');
  const sentBefore = world.braze.requests.length;
  expect(sentBefore).toBeLessThan(20_000 / 75);

  await resetBefore('postChunk', run);
  const ended = await eventually(async () => {
    const record = await findRun(world.ledger, run.firstRunId);
    return record?.finishedAt == null ? null : record;
  }, 'the end');
  expect(ended).toMatchObject({ state: 'completed', accepted: 20_000 });
  expect(world.braze.sentTwice()).toEqual([]);
  await expectProfilesEqualStore(world);
});

test('a pause that comes while the one before is being lifted stops the run as well', async () => {
  await worldWith(100, { modelRun: { table: 'model_runs', model: 'churn', poll: '1s', timeout: '6h' } });
  await world.startWorker();
  const run = await world.start();
  await world.reaches(run, 'waiting-for-model-run');
  await world.signal(run, 'pause');
  await eventually(async () => (await findRun(world.ledger, run.firstRunId))?.state === 'paused', 'the pause');
  // The ledger records with a delay that the run continues.
  await world.ledger.transaction(async (slow) => {
    await slow.raw('select from runs for update');
    await world.signal(run, 'resume');
    await eventually(async () => (await world.progress(run)).state === 'waiting-for-model-run', 'the resume');
    await world.signal(run, 'pause');
    await sleep(300);
  });
  await world.reaches(run, 'paused');
  await world.tenant.raw(`insert into model_runs values ('m1', 'churn', 'completed', now(), now())`);
  await sleep(2_500);
  expect(await world.progress(run)).toMatchObject({ state: 'paused', ignored: [] });
  expect((await findRun(world.ledger, run.firstRunId))!.modelRun).toBeNull();

  await world.signal(run, 'resume');
  expect(await world.ended(run)).toMatchObject({ state: 'completed', modelRun: 'm1', accepted: 100 });
});

test('a discard between a pause and a resume ends the run, when no worker was there to read any of them', async () => {
  await worldWith(100, { modelRun: { table: 'model_runs', model: 'churn', poll: '1s', timeout: '6h' } });
  const worker = await world.startWorker();
  const run = await world.start();
  await world.reaches(run, 'waiting-for-model-run');
  await worker.stop();
  for (const signal of ['pause', 'discard', 'resume']) await world.signal(run, signal);
  await world.startWorker();
  expect(await world.ended(run)).toMatchObject({ state: 'discarded' });
});

test.each([
  ['discard', 'discarded'],
  ['approve', 'completed'],
] as const)('%s counts also when a pause follows before a worker has read either', async (decision, end) => {
  await worldWith(100, { guards: { maxCustomers: 50 } });
  const worker = await world.startWorker();
  const run = await world.start();
  await world.reaches(run, 'held');
  await worker.stop();
  await world.signal(run, decision);
  await world.signal(run, 'pause');
  await world.startWorker();
  if (decision === 'approve') {
    await world.reaches(run, 'paused');
    expect(world.braze.requests).toEqual([]);
    await world.signal(run, 'resume');
  }
  expect(await world.ended(run)).toMatchObject({ state: end });
});

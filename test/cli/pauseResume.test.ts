import { randomUUID } from 'node:crypto';
import { Client, ServiceError } from '@temporalio/client';
import { DEFAULT_KEY } from '../../emulators/braze/emulator';
import { listRuns } from '../../src/ledger/runs';
import { setAllPaused } from '../../src/temporal/pauseResume';
import type { StartedRun } from '../../src/temporal/runs';
import { applySchedules, scheduleState } from '../../src/temporal/schedules';
import type { ScheduleRule } from '../../src/types/settings';
import { WORKFLOW_TYPE } from '../../src/types/workflow';
import { createEnvironment, eventually, fillStore, type TestEnvironment } from '../environment';
import { peakBraze } from './peakBraze';

let world: TestEnvironment;
let sync: string;
let left: string;
beforeEach(async () => {
  [sync, left] = [`churn-${randomUUID().slice(0, 8)}`, `left-${randomUUID().slice(0, 8)}`];
  world = await createEnvironment({ syncName: sync });
});
afterEach(async () => {
  await applySchedules(world.temporal, new Map([sync, left].map((name) => [name, null])), { dryRun: false });
  await world.close();
});

const DAILY: ScheduleRule = { every: 'day', hour: 4, minute: 30, timeZone: 'UTC' };
const call = (...args: string[]) => peakBraze(world, args);
const isPaused = async (name: string) => (await scheduleState(world.temporal, name))!.paused;

/** A scheduled run, a run of a sync that has left the config, and a run that was started in the Web UI. */
async function startEverything(): Promise<string[]> {
  await applySchedules(
    world.temporal,
    new Map([
      [sync, DAILY],
      [left, DAILY],
    ]),
    { dryRun: false },
  );
  const manual = `manual ${randomUUID().slice(0, 8)}`;
  const ids = [`peak-braze/${sync}-2026-11-23T04:30:00Z`, `peak-braze/${left}/run-2026-11-23T04:30:00.000Z`, manual];
  for (const [index, workflowId] of ids.entries()) {
    await world.temporal.client.workflow.start(WORKFLOW_TYPE, {
      workflowId,
      taskQueue: world.temporal.taskQueue,
      args: [{ sync: index === 1 ? left : sync }],
    });
  }
  await eventually(async () => {
    const query = `WorkflowType = '${WORKFLOW_TYPE}' and ExecutionStatus = 'Running' and TaskQueue = '${world.temporal.taskQueue}'`;
    const { count } = await world.temporal.client.workflow.count(query);
    let listed = 0;
    for await (const { scheduleId } of world.temporal.client.schedule.list()) {
      if (scheduleId.endsWith(sync) || scheduleId.endsWith(left)) listed += 1;
    }
    return count === 3 && listed === 2;
  }, 'the lists to contain everything');
  return ids;
}

async function signalsOf(workflowId: string): Promise<string[]> {
  const { events } = await world.temporal.client.workflow.getHandle(workflowId).fetchHistory();
  return (events ?? []).flatMap((event) => event.workflowExecutionSignaledEventAttributes?.signalName ?? []);
}

test('pause and cancel of a sync reach a run with a custom workflow id', async () => {
  await world.startWorker();
  world.configure({ modelRun: { signal: true, timeout: '6h' } });
  const workflowId = `manual ${randomUUID().slice(0, 8)}`;
  await world.temporal.client.workflow.start(WORKFLOW_TYPE, {
    workflowId,
    taskQueue: world.temporal.taskQueue,
    args: [{ sync }],
  });
  const found = async () => (await call('pause', sync)).lines.includes(`ok    ${sync}: 1 run paused, no schedule`);
  await eventually(found, 'the run to be listed');
  expect((await signalsOf(workflowId)).includes('pause')).toBe(true);
  expect((await call('resume', sync, '--detach')).lines).toEqual([`ok    ${sync}: 1 run resumed, no schedule`]);
  expect((await call('pause', '--all')).lines).toEqual([`ok    ${sync}: 1 run paused, no schedule`]);
  expect(await call('cancel', sync)).toMatchObject({ exitCode: 0 });
});

test('a resume before the pause has taken effect cancels the pause', async () => {
  await world.startWorker();
  await fillStore(world, 3_000);
  world.braze.setLatency(4_000);
  const run = await world.start();
  await eventually(async () => world.braze.requests.length > 0, 'a request');
  expect((await call('pause', sync)).exitCode).toBe(0);
  expect(await world.progress(run)).toMatchObject({ state: 'delivering', pausing: true });
  expect((await call('resume', sync, '--detach')).lines).toEqual([`ok    ${sync}: 1 run resumed, no schedule`]);
  expect(await world.ended(run)).toMatchObject({ state: 'completed', accepted: 3_000 });
  expect(world.braze.sentTwice()).toEqual([]);
});

test('pause --all pauses everything on this task queue, also syncs that are not in the config; resume --all resumes it', async () => {
  const ids = await startEverything();
  const paused = await call('pause', '--all');
  expect(paused).toMatchObject({ exitCode: 0, stderr: '' });
  expect(paused.lines.toSorted()).toEqual(
    [
      `ok    ${sync}: 1 run paused, schedule paused`,
      `ok    ${left}: 1 run paused, schedule paused`,
      `ok    ${ids[2]}: 1 run paused, no schedule`,
    ].toSorted(),
  );
  expect(await Promise.all([isPaused(sync), isPaused(left)])).toEqual([true, true]);
  expect(await Promise.all(ids.map(signalsOf))).toEqual([['pause'], ['pause'], ['pause']]);

  const resumed = await call('resume', '--all');
  expect(resumed.exitCode).toBe(0);
  expect(await Promise.all([isPaused(sync), isPaused(left)])).toEqual([false, false]);
  expect(await Promise.all(ids.map(signalsOf))).toEqual(ids.map(() => ['pause', 'resume']));
  await Promise.all(ids.map((id) => world.temporal.client.workflow.getHandle(id).terminate()));
});

test('a run that cannot be paused is reported, and the others are paused', async () => {
  const ids = await startEverything();
  const broken = new ServiceError('no', { cause: Object.assign(new Error('no'), { code: 8 }) });
  const client = new Client({
    connection: world.temporal.client.connection,
    interceptors: {
      workflow: [
        {
          signal: async (input, next) =>
            input.workflowExecution.workflowId === ids[0] ? Promise.reject(broken) : next(input),
        },
      ],
    },
  });
  const halted = await setAllPaused({ ...world.temporal, client }, [sync], 'pause');
  expect(halted.find((one) => one.sync === sync)).toEqual({
    sync,
    runs: 0,
    otherwise: [],
    schedule: 'changed',
    failed: 'Temporal returned code 8',
  });
  expect(halted.find((one) => one.sync === left)).toMatchObject({ runs: 1, schedule: 'changed', failed: null });
  expect(await Promise.all(ids.map(signalsOf))).toEqual([[], ['pause'], ['pause']]);
  await Promise.all(ids.map((id) => world.temporal.client.workflow.getHandle(id).terminate()));
});

/** A run that reaches a hold, which the ledger has recorded. */
async function heldRun(): Promise<StartedRun> {
  const run = await world.start();
  await world.reaches(run, 'held');
  await eventually(async () => (await call('status', sync)).stdout.includes('HELD'), 'the ledger to record it');
  return run;
}

/** The same, because Braze refuses the key. */
async function runHeldByKey(): Promise<StartedRun> {
  await fillStore(world, 200);
  await world.startWorker();
  world.braze.revokeKey(DEFAULT_KEY);
  return heldRun();
}

test('resume, approve and retry refuse a run that needs another command, and name it', async () => {
  const run = await runHeldByKey();

  expect(await call('resume', sync)).toMatchObject({
    exitCode: 2,
    stderr: `error ${sync}: the run is held, not paused. Its next steps: npx peak-braze status ${sync}\n`,
  });
  expect(await call('approve', sync)).toMatchObject({
    exitCode: 2,
    stderr: `error ${sync}, run 1 needs a fix, not approval (refused-key). Fix the cause, then: npx peak-braze retry ${sync}\n`,
  });
  expect(await signalsOf(run.workflowId)).toEqual([]);

  world.braze.restoreKey(DEFAULT_KEY);
  world.configure({ guards: { maxCustomers: 10 } });
  const retried = await call('retry', sync);
  expect(retried).toMatchObject({ exitCode: 0 });
  expect(retried.lines[0]).toBe(`ok    ${sync}: run 1 retried`);
  expect(retried.lines[1]).toMatch(/^ok {4}churn-\w+, run 1: completed   200 candidates/);
  await world.tenant.raw(`update predictive_attributes set next_best_product = 'new', updated_at = clock_timestamp()`);
  const guarded = await heldRun();
  expect(await call('retry', sync)).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining(
      `needs approval (guard); a retry finds the same changes. To send them: npx peak-braze approve ${sync}`,
    ) as string,
  });
  expect(await signalsOf(guarded.workflowId)).toEqual([]);
  expect((await call('approve', sync)).exitCode).toBe(0);
  expect(await world.ended(guarded)).toMatchObject({ state: 'completed' });
});

test('a retry whose cause is not fixed is held again, and says so', async () => {
  await runHeldByKey();
  const retried = await call('retry', sync, '--no-wait-held');
  expect(retried).toMatchObject({ exitCode: 3, stdout: `ok    ${sync}: run 1 retried\n` });
  expect((await listRuns(world.ledger, sync, 1))[0]).toMatchObject({ state: 'held', hold: 2 });
  expect(retried.stderr).toMatch(/run 1: held, needs a fix\. /);
  expect(retried.stderr).toContain(`npx peak-braze retry ${sync}`);
  // The hold that the retry has ended is not shown: only the new one.
  expect(retried.stderr.match(/: held/g)).toHaveLength(1);
  const again = await call('retry', sync, '--no-wait-held', '--json');
  expect(JSON.parse(again.stdout)).toEqual([
    { sync, what: 'run 1 retried', run: expect.objectContaining({ sync, run: 1, state: 'held' }) as unknown },
  ]);
  expect(again.exitCode).toBe(3);
  expect(await call('retry', sync, '--detach')).toMatchObject({ exitCode: 0, stderr: '' });
});

test('a pause over a hold still shows the hold; an approval under it waits for the resume, which follows the run', async () => {
  await fillStore(world, 200);
  world.configure({ guards: { maxCustomers: 10 } });
  await world.startWorker();
  const run = await world.start();
  await world.reaches(run, 'held');
  expect((await call('pause', sync)).exitCode).toBe(0);
  await eventually(
    async () => (await call('status', sync)).stdout.includes('paused, 0 of 200'),
    'the ledger to record it',
  );
  const status = (await call('status', sync)).stdout;
  expect(status).toMatch(/Under the pause it is held: hold 1, needs approval: 200 customers/);
  expect(status).toContain(`npx peak-braze resume ${sync}`);

  const approved = await call('approve', sync);
  expect(approved.lines).toEqual([
    `ok    ${sync}: run 1 approved; it is still paused. Resume it: npx peak-braze resume ${sync}`,
  ]);
  const resumed = await call('resume', sync);
  expect(resumed.exitCode).toBe(0);
  expect(resumed.lines[0]).toBe(`ok    ${sync}: 1 run resumed, no schedule`);
  expect(resumed.lines[1]).toMatch(/run 1: completed   200 candidates/);
});

test('the status of a run that waits for a model run says which one and until when', async () => {
  await world.startWorker();
  world.configure({ modelRun: { signal: true, timeout: '6h' } });
  await world.start();
  await eventually(
    async () => (await call('status', sync)).stdout.includes('waiting-for-model-run'),
    'the run to wait',
  );
  expect((await call('status', sync)).stdout).toMatch(
    /run 1: waiting for the signal modelRunCompleted; times out at (\w+ \d+ \w+ )?\d\d:\d\d\./,
  );
  const { syncs } = JSON.parse((await call('status', sync, '--json')).stdout) as {
    syncs: { waitingFor: string; waitingUntil: string; run: { startedAt: string } }[];
  };
  const [only] = syncs;
  expect(only!.waitingFor).toBe('the signal modelRunCompleted');
  expect(Date.parse(only!.waitingUntil) - Date.parse(only!.run.startedAt)).toBe(6 * 3_600_000);
});

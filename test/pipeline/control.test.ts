import { DEFAULT_KEY } from '../../emulators/braze/emulator';
import { listRuns } from '../../src/ledger/runs';
import { scheduleId } from '../../src/temporal/ids';
import { applySchedules } from '../../src/temporal/schedules';
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
  await world.startWorker();
});
afterEach(() => world.close());

/** Slow enough that a person can act in the middle: about 25 requests a second, answered after 50 ms. */
async function slowDelivery(customers: number): Promise<void> {
  await fillStore(world, customers);
  world.braze.setLatency(50);
  world.configure(
    { delivery: { settle: '0s', chunkCustomers: 1000, lanes: 2 } },
    {
      workspaces: {
        'shop-eu': {
          restEndpoint: world.braze.url,
          apiKey: '${BRAZE_API_KEY}',
          rateLimit: { requests: 26, perSeconds: 1 },
        },
      },
    },
  );
}

const someRequests = (n: number) => eventually(async () => world.braze.requests.length >= n, `${n} requests`);

/** Whether no activity of a run is under way, or waits for a worker. */
async function nothingRuns(workflowId: string): Promise<boolean> {
  const { raw } = await world.temporal.client.workflow.getHandle(workflowId).describe();
  return (raw.pendingActivities ?? []).length === 0;
}

test('a pause stops within a second, keeps what is in flight, and resume sends nobody twice', async () => {
  await slowDelivery(6_000);
  const run = await world.start();
  await someRequests(10);

  await world.signal(run, 'pause');
  const pausedAtMs = Date.now();
  const paused = await world.reaches(run, 'paused');
  expect(Date.parse(paused.since)).toBeGreaterThanOrEqual(pausedAtMs - 1_000);
  await eventually(() => nothingRuns(run.workflowId), 'every activity to end');
  const late = world.braze.requests.filter(({ receivedAtMs }) => receivedAtMs > pausedAtMs + 1_000);
  expect(late).toEqual([]);
  const requestsAtPause = world.braze.requests.length;
  const accepted = (await world.progress(run)).accepted;
  expect(accepted).toBe(world.braze.summary().profiles);
  expect(await nothingRuns(run.workflowId)).toBe(true);
  expect(world.braze.requests).toHaveLength(requestsAtPause);

  await world.signal(run, 'resume');
  expect(await world.ended(run)).toMatchObject({ state: 'completed', accepted: 6_000, rejected: 0 });
  expect(world.braze.sentTwice()).toEqual([]);
  await expectProfilesEqualStore(world);
});

test('after cancel the run says how many were accepted, and the next run sends exactly the others', async () => {
  await slowDelivery(4_000);
  const run = await world.start();
  await someRequests(10);
  await world.temporal.client.workflow.getHandle(run.workflowId).cancel();

  const cancelled = await world.ended(run);
  expect(cancelled.state).toBe('cancelled');
  expect(cancelled.accepted).toBe(world.braze.summary().profiles);
  expect(cancelled.accepted).toBeGreaterThan(0);
  expect(cancelled.accepted).toBeLessThan(4_000);

  world.braze.setLatency(0);
  const next = await world.run();
  expect(next).toMatchObject({
    state: 'completed',
    changed: 4_000 - cancelled.accepted,
    accepted: 4_000 - cancelled.accepted,
  });
  expect(world.braze.sentTwice()).toEqual([]);
  await expectProfilesEqualStore(world);
});

test('of two runs started together the second is queued, then finds nothing to send and records that', async () => {
  await slowDelivery(2_000);
  await applySchedules(
    world.temporal,
    new Map([['churn', { every: 'day', hour: 3, minute: 0, timeZone: 'UTC' } as const]]),
    { dryRun: false },
  );
  try {
    const byHand = await world.start();
    await eventually(async () => (await listRuns(world.ledger, 'churn', 1)).length === 1, 'the first run to be open');
    await world.temporal.client.schedule.getHandle(scheduleId('churn')).trigger();

    // On a busy machine the schedule's run may be the one that comes first.
    const { queued, first } = await eventually(async () => {
      const runs = await listRuns(world.ledger, 'churn', 5);
      const inLine = runs.find(({ state }) => state === 'queued');
      return inLine === undefined ? null : { queued: inLine, first: runs.find(({ run }) => run !== inLine.run)! };
    }, 'the second run to be queued');
    expect(queued.heldBecause).toBe(`Waiting for sync churn, in use by run ${first.run} of churn.`);
    const ids = [queued.workflowId, first.workflowId].toSorted();
    expect(ids).toEqual([expect.stringMatching(/^peak-braze\/churn-\d{4}-/), byHand.workflowId]);

    const ended = await eventually(async () => {
      const runs = await listRuns(world.ledger, 'churn', 5);
      return runs.every(({ finishedAt }) => finishedAt !== null) ? runs : null;
    }, 'both runs to end');
    const endOf = (run: number) => ended.find((one) => one.run === run);
    expect(endOf(first.run)).toMatchObject({ state: 'completed', accepted: 2_000 });
    expect(endOf(queued.run)).toMatchObject({ state: 'completed', changed: 0, requests: 0 });
  } finally {
    await world.temporal.client.schedule.getHandle(scheduleId('churn')).delete();
  }
});

test('two runs that are started in one millisecond are two runs', async () => {
  await fillStore(world, 10);
  jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 3_600_000);
  const [one, other] = await Promise.all([world.start(), world.start()]);
  jest.restoreAllMocks();
  expect(one.workflowId).not.toBe(other.workflowId);
  for (const run of [one, other]) expect((await world.ended(run)).state).toBe('completed');
});

test('429, 5xx, broken connections and an outage are retried until they end, and no customer is lost', async () => {
  await fillStore(world, 3_000);
  world.braze.failNext(2, '429', { retryAfterSeconds: 1 });
  world.braze.failNext(3, '500');
  world.braze.failNext(3, 'html-502');
  world.braze.failNext(3, 'reset-before');
  world.braze.failNext(3, 'reset-after-apply');
  const run = await world.start();
  await someRequests(5);
  world.braze.outage(true);
  await eventually(async () => {
    const refused = world.braze.requests.filter(({ status }) => status === 503);
    return refused.length > 0 && refused.at(-1)!.receivedAtMs - refused[0]!.receivedAtMs > 1_500;
  }, 'the outage to last');
  expect((await world.progress(run)).state).toBe('delivering');
  world.braze.outage(false);

  expect(await world.ended(run)).toMatchObject({ state: 'completed', accepted: 3_000, rejected: 0 });
  await expectProfilesEqualStore(world);
});

test('an outage says what is waited for, and since when', async () => {
  await fillStore(world, 100);
  world.braze.outage(true);
  const run = await world.start();
  const waiting = await eventually(async () => {
    const [record] = await listRuns(world.ledger, 'churn', 1);
    return record?.waitingFor ? record : null;
  }, 'the wait to be shown');
  expect(waiting.waitingFor).toMatch(/^Braze /);
  expect(Date.parse(waiting.waitingSince!)).toBeGreaterThan(Date.now() - 30_000);
  const progress = await eventually(async () => {
    const asked = await world.progress(run);
    return asked.waiting === undefined ? null : asked;
  }, 'the report of the wait');
  expect(progress).toMatchObject({ state: 'delivering', accepted: 0 });
  const [, since] = /^Braze 503 since (.+Z)$/.exec(progress.waiting!)!;
  expect(Math.abs(Date.parse(since!) - Date.parse(waiting.waitingSince!))).toBeLessThan(3_000);

  world.braze.outage(false);
  expect(await world.ended(run)).toMatchObject({ state: 'completed', accepted: 100, waitingFor: null });
});

test('a refused key holds the run until retry; the key is nowhere to be seen', async () => {
  await fillStore(world, 200);
  world.braze.revokeKey(DEFAULT_KEY);
  const run = await world.start();
  const held = await world.reaches(run, 'held');
  expect(held.heldBecause).toMatch(/key/i);
  const history = JSON.stringify(await world.temporal.client.workflow.getHandle(run.workflowId).fetchHistory());
  expect(history).not.toContain(DEFAULT_KEY);
  expect(history).not.toContain(Buffer.from(DEFAULT_KEY).toString('base64').slice(0, 20));

  world.braze.restoreKey(DEFAULT_KEY);
  await world.signal(run, 'retry');
  expect(await world.ended(run)).toMatchObject({ state: 'completed', accepted: 200 });
  await expectProfilesEqualStore(world);
});

test('a guard holds before anything is sent; a signal for another hold is ignored, approve sends', async () => {
  await fillStore(world, 200);
  await world.run();
  world.configure({ guards: { maxChangedShare: 0.2 } });
  await world.tenant.raw(`update predictive_attributes set next_best_product = 'new', updated_at = clock_timestamp()`);
  const before = world.braze.requests.length;

  const run = await world.start();
  const held = await world.reaches(run, 'held');
  expect(held).toMatchObject({ hold: 1, changed: 200 });
  expect(held.heldBecause).toContain('100.0 % of customers would change, limit 20 %');
  await world.signal(run, 'approve', { hold: 7 });
  await world.signal(run, 'resume');
  const ignored = await eventually(async () => {
    const progress = await world.progress(run);
    return progress.ignored.length === 2 ? progress.ignored : null;
  }, 'both signals to be ignored');
  expect(ignored.join('; ')).toMatch(/hold 7 is not the current one \(1\).*retry, approve or discard/);
  expect(world.braze.requests).toHaveLength(before);

  await world.signal(run, 'approve');
  expect(await world.ended(run)).toMatchObject({ state: 'completed', accepted: 200 });
});

test('discard ends a held run, keeps the watermark, and the next run finds the same changes', async () => {
  await fillStore(world, 200);
  await world.run();
  world.configure({ guards: { maxChangedShare: 0.2 } });
  await world.tenant.raw(`update predictive_attributes set next_best_product = 'new', updated_at = clock_timestamp()`);
  const run = await world.start();
  await world.reaches(run, 'held');
  await world.signal(run, 'discard');
  expect(await world.ended(run)).toMatchObject({ state: 'discarded', accepted: 0 });

  world.configure({ guards: {} });
  expect(await world.run()).toMatchObject({ state: 'completed', changed: 200, accepted: 200 });
});

test('a run held longer than holdFor ends as incomplete', async () => {
  await fillStore(world, 100);
  world.configure({ holdFor: '3s' });
  world.braze.revokeKey(DEFAULT_KEY);
  const run = await world.start();
  await world.reaches(run, 'held');
  expect(await world.ended(run)).toMatchObject({ state: 'incomplete', accepted: 0 });
});

test('an invalid config holds the run with its place in the file, and the run continues once it is fixed', async () => {
  await fillStore(world, 10);
  world.configure({ overlap: 'an hour' });
  const run = await world.start();
  const held = await world.reaches(run, 'held');
  expect(held.heldBecause).toMatch(/overlap \(.*peak-braze\.yaml:\d+\)/);
  world.configure({ overlap: '1h' });
  await world.signal(run, 'retry');
  expect(await world.ended(run)).toMatchObject({ state: 'completed', accepted: 10 });
});

test('pause in the waiting line and before a hold is shown before the hold', async () => {
  await fillStore(world, 200);
  world.braze.revokeKey(DEFAULT_KEY);
  const run = await world.start();
  await world.reaches(run, 'held');
  await world.signal(run, 'pause');
  const paused = await world.reaches(run, 'paused');
  expect(paused.hold).toBe(1);
  await world.signal(run, 'resume');
  await world.reaches(run, 'held');
  world.braze.restoreKey(DEFAULT_KEY);
  await world.signal(run, 'retry');
  expect(await world.ended(run)).toMatchObject({ state: 'completed' });
});

test('waiting for a model run: the poll finds it, the signal wakes it, and the timeout ends it', async () => {
  await fillStore(world, 10);
  world.configure({ modelRun: { table: 'model_runs', model: 'churn', poll: '1h', timeout: '6h' } });
  const run = await world.start({ modelRun: 'next' });
  await world.reaches(run, 'waiting-for-model-run');
  await eventually(async () => (await listRuns(world.ledger, 'churn', 1)).length === 1, 'the run to be open');
  await world.tenant.raw(`insert into model_runs values ('m1', 'churn', 'completed', now(), now())`);
  await world.signal(run, 'modelRunCompleted');
  expect(await world.ended(run)).toMatchObject({ state: 'completed', modelRun: 'm1', accepted: 10 });

  world.configure({ modelRun: { table: 'model_runs', model: 'churn', poll: '1s', timeout: '2s' } });
  expect(await world.run({ modelRun: 'next' })).toMatchObject({ state: 'no-new-model-run', accepted: 0 });
  expect(await world.run({ modelRun: 'latest' })).toMatchObject({ state: 'completed', modelRun: 'm1', requests: 0 });
});

test('a sync that is notified by signal waits for it, and keeps one that came early', async () => {
  await fillStore(world, 10);
  world.configure({ modelRun: 'signal' });
  const run = await world.start({ modelRun: 'next' });
  await world.reaches(run, 'waiting-for-model-run');
  await world.signal(run, 'modelRunCompleted', { modelRun: 'm42' });
  expect(await world.ended(run)).toMatchObject({ state: 'completed', modelRun: 'm42', accepted: 10 });
});

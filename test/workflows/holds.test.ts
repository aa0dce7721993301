import { defaultPayloadConverter } from '@temporalio/common';
import type { temporal as proto } from '@temporalio/proto';
import type { StartedRun } from '../../src/temporal/runs';
import { createEnvironment, eventually, fillStore, type TestEnvironment } from '../environment';

type Event = proto.api.history.v1.IHistoryEvent;

const NO_SUMMARY = defaultPayloadConverter.toPayload('no summary')!;

let world: TestEnvironment;
beforeEach(async () => {
  world = await createEnvironment();
  await fillStore(world, 100);
  await world.startWorker();
});
afterEach(() => world.close());

async function eventsOf(run: StartedRun): Promise<Event[]> {
  const { events } = await world.temporal.client.workflow.getHandle(run.workflowId).fetchHistory();
  return events!;
}

/** Summary of each timer of a run, in the order in which they began. */
async function timersOf(run: StartedRun): Promise<unknown[]> {
  const timers = (await eventsOf(run)).filter((event) => event.timerStartedEventAttributes != null);
  return timers.map(({ userMetadata }) => defaultPayloadConverter.fromPayload(userMetadata?.summary ?? NO_SUMMARY));
}

test('a run held by a guard shows no failed activity; its timer says what ends', async () => {
  world.configure({ guards: { maxCustomers: 50, maxValues: 10 } });
  const run = await world.start();
  await world.reaches(run, 'held');
  expect(await eventually(async () => (await timersOf(run)).at(-1) ?? null, 'the timer of the hold')).toBe(
    'hold times out',
  );

  await world.signal(run, 'pause');
  await world.reaches(run, 'paused');
  expect(await eventually(async () => (await timersOf(run))[1] ?? null, 'the timer of the pause')).toBe(
    'pause times out',
  );
  await world.signal(run, 'resume');
  await world.reaches(run, 'held');
  await world.signal(run, 'approve', { hold: 1 });
  // The guard that was not approved judges again.
  await eventually(async () => (await world.progress(run)).hold === 2, 'the hold of the other guard');
  await world.signal(run, 'approve', { hold: 2 });
  expect(await world.ended(run)).toMatchObject({ state: 'completed', accepted: 100 });

  const events = await eventsOf(run);
  expect(events.filter((event) => event.activityTaskFailedEventAttributes != null)).toEqual([]);
  const judged = events.filter(
    ({ activityTaskScheduledEventAttributes: scheduled }) => scheduled?.activityType?.name === 'judgeRun',
  );
  expect(judged).toHaveLength(3);
});

test('a model run that is announced without an id is an announcement: the value null is no stop', async () => {
  world.configure({ modelRun: 'signal' });
  const run = await world.start();
  await world.reaches(run, 'waiting-for-model-run');
  await world.signal(run, 'modelRunCompleted');
  expect(await world.ended(run)).toMatchObject({ state: 'completed', modelRun: null, accepted: 100 });
});

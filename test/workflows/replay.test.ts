import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Runtime, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { PROJECT } from '../environment';
import { readable } from '../histories/readable';
import { scrub } from '../histories/scrub';

const HISTORIES = join(PROJECT, 'test/histories');
const names = readdirSync(HISTORIES).filter((name) => name.endsWith('.json'));

interface Event {
  eventType: string;
  activityTaskScheduledEventAttributes?: { activityType: { name: string } };
}

function stored(name: string): { events: Event[] } {
  return JSON.parse(readFileSync(join(HISTORIES, name), 'utf8'));
}

/** On the bundle of the present code, as the build made it for this test run. */
function replay(history: unknown): Promise<void> {
  return Worker.runReplayHistory(
    { workflowBundle: { codePath: join(PROJECT, 'lib/workflow-bundle.js') }, replayName: 'stored' },
    history,
  );
}

beforeAll(() => {
  // A history that does not replay is what one of these tests is about: the SDK's own lines would look like a failure.
  Runtime.install({
    logger: { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} },
    telemetryOptions: { logging: { forward: {}, filter: 'OFF' } },
  });
});

test('there is a history of every path worth keeping', () => {
  expect(names).toEqual(
    expect.arrayContaining([
      'several-chunks.json',
      'paused-and-resumed.json',
      'held-by-guard-and-approved.json',
      'cancelled.json',
      'queued.json',
      'continued-as-new-first.json',
      'continued-as-new-last.json',
      'refused-key-and-retried.json',
      'outage-told.json',
      'attribute-cleared.json',
      'held-by-verdict-and-approved.json',
    ]),
  );
});

test.each(names)('%s replays on the present code', async (name) => {
  await replay(stored(name));
});

test('a history that our code would not have written is refused', async () => {
  const history = stored('several-chunks.json');
  const post = history.events.filter(
    ({ activityTaskScheduledEventAttributes: scheduled }) => scheduled?.activityType.name === 'postChunk',
  );
  expect(post.length).toBeGreaterThan(2);
  post[1]!.activityTaskScheduledEventAttributes!.activityType.name = 'giveBackWorkspace';
  await expect(replay(history)).rejects.toThrow(DeterminismViolationError);
});

test('a history in which a signal never came is refused', async () => {
  const history = stored('paused-and-resumed.json');
  const signal = history.events.findIndex(({ eventType }) => eventType === 'EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED');
  // The event stays, so that numbers stay; it only says something else.
  expect(JSON.stringify(history.events[signal])).toContain('"signalName":"pause"');
  const altered = JSON.stringify(history).replace('"signalName":"pause"', '"signalName":"resume"');
  await expect(replay(JSON.parse(altered))).rejects.toThrow(DeterminismViolationError);
});

test.each(names)('%s reveals nothing about the machine it was recorded on, nor about a customer', (name) => {
  const history = stored(name);
  expect(scrub(history)).toEqual(history);
  expect(readable(history)).not.toMatch(
    /\d+@|\/src\/|\/lib\/|\/home\/|\/root\/|\/tmp\/|postgres:|127\.0\.0\.1|localhost/,
  );
  // The customers, products and keys of the tests' world.
  expect(readable(history)).not.toMatch(/\bc\d{6}\b|product \d|emulator-key/);
});

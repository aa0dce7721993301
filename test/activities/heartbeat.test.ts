import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { withHeartbeat } from '../../src/activities/heartbeat';
import type { Progress } from '../../src/types/progress';
import { SENDING } from '../../src/types/sendingTimes';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const MINUTE_MS = 60_000;

/** Runs work in a separate activity; `heartbeats` counts its heartbeats. */
function running<T>(work: (progress: Progress) => Promise<T>) {
  const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
  const activity = { heartbeats: 0, result: Promise.resolve() as Promise<unknown> };
  environment.on('heartbeat', () => (activity.heartbeats += 1));
  activity.result = environment.run(() => withHeartbeat(work));
  activity.result.catch(() => undefined);
  return activity;
}

const never = () => new Promise<never>(() => {});

test('work that never ends and marks no progress stops heartbeating after 15 minutes, and fails to be tried again', async () => {
  let seen: Progress | undefined;
  const hung = running((progress) => {
    seen = progress;
    return never();
  });
  await jest.advanceTimersByTimeAsync(SENDING.progressLimitMs);
  expect(hung.heartbeats).toBe(SENDING.progressLimitMs / 250);
  expect(seen!.stalled).toBe(false);

  await jest.advanceTimersByTimeAsync(MINUTE_MS);
  expect(hung.heartbeats).toBe(SENDING.progressLimitMs / 250);
  await expect(hung.result).rejects.toMatchObject({
    type: 'Waiting',
    nonRetryable: false,
    message: 'The step made no progress for 15 min and is retried',
  });
  // A mark that comes too late changes nothing: the task is another attempt's.
  seen!.mark();
  await jest.advanceTimersByTimeAsync(MINUTE_MS);
  expect(seen!.stalled).toBe(true);
  expect(hung.heartbeats).toBe(SENDING.progressLimitMs / 250);
});

test('work that marks its progress now and then heartbeats for as long as it takes', async () => {
  const slow = running(async (progress) => {
    for (let n = 0; n < 6; n += 1) {
      await new Promise((resolve) => setTimeout(resolve, 14 * MINUTE_MS));
      progress.mark();
    }
    return 'done';
  });
  await jest.advanceTimersByTimeAsync(6 * 14 * MINUTE_MS);
  await expect(slow.result).resolves.toBe('done');
  expect(slow.heartbeats).toBeGreaterThan(6 * 14 * 4 * 60 - 5);
});

test.each([
  ['returned', () => Promise.resolve('done')],
  ['thrown', () => Promise.reject(new Error('failed'))],
])('what has %s heartbeats no more', async (_, work) => {
  const ended = running<string>(work);
  await ended.result.catch(() => undefined);
  await jest.advanceTimersByTimeAsync(MINUTE_MS);
  expect(ended.heartbeats).toBe(0);
  expect(jest.getTimerCount()).toBe(0);
});

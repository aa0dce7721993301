import { randomUUID } from 'node:crypto';
import { DEFAULT_REQUEST } from '../planning/defaultRequest';
import { createHarness, type ActivityHarness } from './harness';

let stage: ActivityHarness;
beforeAll(async () => {
  stage = await createHarness();
});
afterAll(() => stage.close());

/** During an upgrade a workflow of the version before, which passes no `raw`, reaches the activity of this one. */
test.each([
  ['changes', {}],
  ['backfill', {}],
  ['backfill', { since: '2026-11-01T00:00:00Z' }],
])('the input of a workflow of an earlier version is read as it was meant: %s %j', async (mode, more) => {
  const input = {
    firstRunId: randomUUID(),
    sync: 'churn',
    mode: mode as 'changes',
    ...DEFAULT_REQUEST,
    ...more,
  };
  expect(await stage.call('openRun', input)).toMatchObject({ run: expect.any(Number) as number });
});

test('with `raw` the other fields are not read', async () => {
  const input = {
    firstRunId: randomUUID(),
    sync: 'churn',
    mode: 'changes' as const,
    ...DEFAULT_REQUEST,
    raw: { sync: 'churn', Mode: 'full' },
  };
  await expect(stage.call('openRun', input)).rejects.toMatchObject({ type: 'InvalidInput', nonRetryable: true });
});

import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection, type ScheduleDescription } from '@temporalio/client';
import { startTemporal, type TemporalServer } from '../../src/local/temporal';
import { clockChanges } from '../../src/temporal/clockChanges';
import type { TemporalAccess } from '../../src/temporal/connect';
import { scheduleId } from '../../src/temporal/ids';
import { allOpenWorkflows } from '../../src/temporal/runs';
import { applySchedules } from '../../src/temporal/schedules';
import type { ScheduleRule } from '../../src/types/settings';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function connect(address: string, taskQueue = `schedules-${randomUUID()}`): Promise<TemporalAccess> {
  const connection = await Connection.connect({ address });
  closing.push(() => connection.close());
  return {
    client: new Client({ connection }),
    namespace: 'default',
    taskQueue,
    close: () => connection.close(),
  };
}

/** Puts a rule into force and asks the server when it would start runs. */
async function startsBetween(rule: ScheduleRule, from: string, to: string): Promise<string[]> {
  const temporal = await connect(process.env.TEST_TEMPORAL_ADDRESS!);
  const sync = `dst-${randomUUID().slice(0, 8)}`;
  await applySchedules(temporal, new Map([[sync, rule]]), { dryRun: false });
  closing.push(() => temporal.client.schedule.getHandle(scheduleId(sync)).delete());
  const { startTime } = await temporal.client.workflowService.listScheduleMatchingTimes({
    namespace: 'default',
    scheduleId: scheduleId(sync),
    startTime: { seconds: seconds(from) },
    endTime: { seconds: seconds(to) },
  });
  return startTime.map((time) => new Date(Number(time.seconds) * 1000).toISOString().slice(0, 16));
}

type Request = Parameters<Client['workflowService']['listScheduleMatchingTimes']>[0];
type Seconds = NonNullable<NonNullable<Request['startTime']>['seconds']>;
const seconds = (iso: string) => (Date.parse(iso) / 1000) as unknown as Seconds;

const BERLIN: ScheduleRule = { every: 'day', hour: 2, minute: 30, timeZone: 'Europe/Berlin' };
const NEW_YORK: ScheduleRule = { every: 'day', hour: 1, minute: 30, timeZone: 'America/New_York' };

test('a time in the hour that is skipped in spring starts no run that day', async () => {
  expect(await startsBetween(BERLIN, '2027-03-26T12:00:00Z', '2027-03-30T12:00:00Z')).toEqual([
    '2027-03-27T01:30',
    '2027-03-29T00:30',
    '2027-03-30T00:30',
  ]);
  expect(await startsBetween({ ...NEW_YORK, hour: 2 }, '2027-03-13T00:00:00Z', '2027-03-15T12:00:00Z')).toEqual([
    '2027-03-13T07:30',
    '2027-03-15T06:30',
  ]);
  const now = Date.parse('2026-11-25T09:00:00Z');
  expect(clockChanges(BERLIN, now)).toEqual({ any: true, skippedOn: '2027-03-28', doubledOn: '2027-10-31' });
  expect(clockChanges({ ...NEW_YORK, hour: 2 }, now)).toEqual({ any: true, skippedOn: '2027-03-14', doubledOn: null });
});

test('a time in the hour that comes twice in autumn starts one run east of Greenwich, two west of it', async () => {
  expect(await startsBetween(BERLIN, '2027-10-29T12:00:00Z', '2027-11-01T12:00:00Z')).toEqual([
    '2027-10-30T00:30',
    '2027-10-31T01:30',
    '2027-11-01T01:30',
  ]);
  expect(await startsBetween(NEW_YORK, '2027-11-06T12:00:00Z', '2027-11-08T12:00:00Z')).toEqual([
    '2027-11-07T05:30',
    '2027-11-07T06:30',
    '2027-11-08T06:30',
  ]);
  expect(clockChanges(NEW_YORK, Date.parse('2026-11-25T09:00:00Z'))).toEqual({
    any: true,
    skippedOn: null,
    doubledOn: '2027-11-07',
  });
});

test('any other time stays the wall-clock time, and a zone without summer time has nothing to report', async () => {
  const mornings: ScheduleRule = { ...BERLIN, hour: 6 };
  expect(await startsBetween(mornings, '2027-03-26T12:00:00Z', '2027-03-29T12:00:00Z')).toEqual([
    '2027-03-27T05:30',
    '2027-03-28T04:30',
    '2027-03-29T04:30',
  ]);
  const now = Date.parse('2026-11-25T09:00:00Z');
  expect(clockChanges(mornings, now)).toEqual({ any: true, skippedOn: null, doubledOn: null });
  expect(clockChanges({ ...BERLIN, every: 'week', day: 'monday' }, now)).toMatchObject({ skippedOn: null });
  expect(clockChanges({ ...BERLIN, every: 'week', day: 'sunday' }, now)).toMatchObject({ skippedOn: '2027-03-28' });
  for (const timeZone of ['UTC', 'Asia/Kolkata']) {
    expect(clockChanges({ ...BERLIN, timeZone }, now)).toEqual({ any: false, skippedOn: null, doubledOn: null });
  }
});

test('with jitter a run starts at most that much later', async () => {
  const starts = await startsBetween({ ...BERLIN, jitterMs: 600_000 }, '2027-01-01T12:00:00Z', '2027-02-01T12:00:00Z');
  const late = starts.map((at) => (Date.parse(`${at}Z`) % 86_400_000) - 90 * 60_000);
  expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...late)).toBeLessThanOrEqual(600_000);
  expect(new Set(late).size).toBeGreaterThan(1);
});

test('starts that were missed while Temporal was down come to one run', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'peak-braze-catch-up-'));
  const note = () => undefined;
  let server: TemporalServer = await startTemporal({ dir, headless: true, note });
  closing.push(() => server.stop());
  let temporal = await connect(server.address, 'catch-up');
  await applySchedules(temporal, new Map([['churn', BERLIN]]), { dryRun: false });
  // The policies as apply sets them; only the times are nearer than a day.
  const first = new Date(Date.now() + 8_000);
  await temporal.client.schedule.getHandle(scheduleId('churn')).update((previous) => ({
    ...previous,
    spec: { intervals: [{ every: '2s' }], startAt: first },
  }));
  while ((await temporal.client.schedule.getHandle(scheduleId('churn')).describe()).spec.intervals!.length === 0)
    await sleep(100);
  await server.stop();
  expect(Date.now()).toBeLessThan(first.getTime());
  await sleep(first.getTime() - Date.now() + 5_000);

  const backAtMs = Date.now();
  server = await startTemporal({ dir, headless: true, note });
  temporal = await connect(server.address, 'catch-up');
  const handle = temporal.client.schedule.getHandle(scheduleId('churn'));
  let description: ScheduleDescription;
  do {
    await sleep(200);
    description = await handle.describe();
  } while (description.info.recentActions.length === 0);
  await handle.pause();
  const { recentActions, numActionsMissedCatchupWindow, numActionsSkippedOverlap } = description.info;
  expect(recentActions).toHaveLength(1);
  expect(recentActions[0]!.scheduledAt.getTime()).toBeLessThan(backAtMs);
  expect(numActionsMissedCatchupWindow).toBe(0);
  expect(numActionsSkippedOverlap).toBeGreaterThan(0);
  expect(await allOpenWorkflows(temporal)).toHaveLength(1);
  // Longer than the longest run: a weekly one may be held for 0.85 of a week by default.
  expect(description.policies.catchupWindow).toBeGreaterThan(0.85 * 7 * 86_400_000);
});

import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { createEnvironment, eventually, type TestEnvironment } from '../environment';
import { peakBraze } from './peakBraze';

let world: TestEnvironment;
let a: string;
let b: string;
beforeEach(async () => {
  world = await createEnvironment();
  // Schedules of all tests share one namespace, and their ids have only the name of the sync.
  const id = randomUUID().slice(0, 6);
  [a, b] = [`a-${id}`, `b-${id}`];
});
afterEach(async () => {
  await Promise.all(
    [a, b].map((sync) =>
      handle(sync)
        .delete()
        .catch(() => undefined),
    ),
  );
  await world.close();
});

const handle = (sync: string) => world.temporal.client.schedule.getHandle(`peak-braze/${sync}`);
const apply = (...more: string[]) => peakBraze(world, ['apply', ...more]);

type Schedule = Record<string, unknown>;
const MONDAYS: Schedule = { every: 'week', day: 'monday', at: '06:00', timeZone: 'Europe/Berlin' };
const DAILY: Schedule = { every: 'day', at: '07:30', timeZone: 'America/New_York' };

/** The config's syncs, each with its schedule or with none. */
function configure(schedules: Record<string, Schedule | undefined>): void {
  const config = parse(readFileSync(world.configPath, 'utf8')) as Record<string, unknown>;
  const sync = { table: 'predictive_attributes', attributes: { next_best_product: 'string' } };
  const syncs = Object.fromEntries(Object.entries(schedules).map(([name, schedule]) => [name, { ...sync, schedule }]));
  writeFileSync(world.configPath, stringify({ ...config, syncs }));
}

/** Without the closing lines about the next command and the missing worker. */
function changesOf(lines: string[]): string[] {
  return lines.filter((line) => line.startsWith('ok'));
}

async function exists(sync: string): Promise<boolean> {
  return handle(sync)
    .describe()
    .then(() => true)
    .catch(() => false);
}

test('creates the schedules of the config, and changes nothing the second time', async () => {
  configure({ [a]: MONDAYS, [b]: DAILY });
  const dry = await apply('--dry-run');
  expect(dry.lines).toEqual([
    `ok    ${a.padEnd(10)} would be created: every Monday 06:00 Europe/Berlin`,
    `ok    ${b.padEnd(10)} would be created: every day 07:30 America/New_York`,
    'note  Europe/Berlin changes its clocks: 06:00 stays 06:00.',
    'note  America/New_York changes its clocks: 07:30 stays 07:30.',
    'next: npx peak-braze apply',
  ]);
  expect([await exists(a), await exists(b)]).toEqual([false, false]);

  const first = await apply();
  expect(first.lines).toEqual([
    expect.stringMatching(`^ok    ${a}   created: every Monday 06:00 Europe/Berlin, next Mon \\d+ [A-Z][a-z]+ 06:00$`),
    expect.stringMatching(
      `^ok    ${b}   created: every day 07:30 America/New_York, next [A-Z][a-z]+ \\d+ [A-Z][a-z]+ 07:30$`,
    ),
    'note  Europe/Berlin changes its clocks: 06:00 stays 06:00.',
    'note  America/New_York changes its clocks: 07:30 stays 07:30.',
    'next: npx peak-braze status',
    `warn  temporal   no worker on ${world.temporal.taskQueue}; runs stay queued until one is available. Start one: npx peak-braze worker`,
  ]);
  expect(first.exitCode).toBe(0);
  const { action, policies, info } = await handle(a).describe();
  expect(action).toMatchObject({
    workflowType: 'syncPredictiveAttributes',
    workflowId: `peak-braze/${a}`,
    taskQueue: world.temporal.taskQueue,
    args: [{ sync: a }],
  });
  expect(policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 8 * 86_400_000, pauseOnFailure: false });
  // Mondays only, at 06:00 in Berlin in summer and in winter.
  const week = info.nextActionTimes.map((at) =>
    at.toLocaleString('en-GB', { weekday: 'long', hour: '2-digit', minute: '2-digit', timeZone: 'Europe/Berlin' }),
  );
  expect(new Set(week)).toEqual(new Set(['Monday 06:00']));
  expect(info.nextActionTimes.length).toBeGreaterThan(2);

  const second = await apply();
  expect(changesOf(second.lines)).toEqual([
    expect.stringContaining(`${a}   unchanged: every Monday 06:00 Europe/Berlin, next Mon`),
    expect.stringContaining(`${b}   unchanged: every day 07:30 America/New_York, next `),
  ]);
});

test('a changed time replaces the old one, and an operator’s pause is kept', async () => {
  configure({ [a]: { ...MONDAYS, day: 'thursday' } });
  await apply();
  const thursdays = (await handle(a).describe()).info.nextActionTimes.map((at) => at.getUTCDay());
  expect(new Set(thursdays)).toEqual(new Set([4]));
  await handle(a).pause('stocktaking until Friday');
  configure({ [a]: { every: 'day', at: '05:15', timeZone: 'UTC' } });

  expect((await apply('--dry-run')).lines).toEqual([
    `ok    ${a}   would be updated: every day 05:15 UTC. It stays paused (stocktaking until Friday); resume it: npx peak-braze resume ${a}`,
    '      day    every Thursday -> every day',
    '      time   06:00 -> 05:15',
    '      zone   Europe/Berlin -> UTC',
    'next: npx peak-braze apply',
    `warn  temporal   no worker on ${world.temporal.taskQueue}; runs stay queued until one is available. Start one: npx peak-braze worker`,
  ]);
  expect((await handle(a).describe()).spec.timezone).toBe('Europe/Berlin');

  expect(changesOf((await apply()).lines)).toEqual([
    `ok    ${a}   updated: every day 05:15 UTC. It stays paused (stocktaking until Friday); resume it: npx peak-braze resume ${a}`,
  ]);
  const { spec, state } = await handle(a).describe();
  expect(spec.calendars).toHaveLength(1);
  expect(spec).toMatchObject({ timezone: 'UTC', intervals: [], skip: [] });
  expect(spec.calendars![0]).toMatchObject({
    hour: [{ start: 5, end: 5, step: 1 }],
    minute: [{ start: 15, end: 15, step: 1 }],
    dayOfWeek: [{ start: 'SUNDAY', end: 'SATURDAY', step: 1 }],
  });
  expect(state).toMatchObject({ paused: true, note: 'stocktaking until Friday' });

  // Times that were added in the Web UI are removed: the config decides.
  await handle(a).update((previous) => ({ ...previous, spec: { ...previous.spec, intervals: [{ every: '1h' }] } }));
  expect((await apply()).lines.slice(0, 2)).toEqual([
    expect.stringContaining('updated: every day 05:15 UTC'),
    '      times  changed manually in Temporal -> every day 05:15 UTC',
  ]);
  expect((await handle(a).describe()).spec.intervals).toEqual([]);
  expect(changesOf((await apply()).lines)[0]).toContain('unchanged: every day 05:15 UTC');
});

test('jitter is applied, and a manual change of the catch-up window is reverted', async () => {
  configure({ [a]: { ...MONDAYS, at: '02:30', day: 'sunday' } });
  const { lines } = await apply();
  expect(lines[1]).toMatch(
    /^note {2}Europe\/Berlin changes its clocks: on \d{4}-03-\d\d there is no 02:30, so no run starts; on \d{4}-10-\d\d 02:30 comes twice, and if two runs start, the second finds no change\.$/,
  );
  configure({ [a]: { ...MONDAYS, at: '02:30', day: 'sunday', jitter: '5m' } });
  expect((await apply()).lines.slice(0, 2)).toEqual([
    expect.stringMatching(`^ok    ${a}   updated: every Sunday 02:30 Europe/Berlin, up to 5m later, next Sun`),
    '      jitter none -> up to 5m',
  ]);
  expect((await handle(a).describe()).spec.jitter).toBe(300_000);
  await handle(a).update((previous) => ({
    ...previous,
    policies: { ...previous.policies, catchupWindow: '1 minute' },
  }));
  expect((await apply()).lines[1]).toBe('      start  changed manually in Temporal -> as the config has it');
  expect((await handle(a).describe()).policies.catchupWindow).toBe(8 * 86_400_000);
  expect(changesOf((await apply()).lines)[0]).toContain('unchanged');
});

test('removes schedules that have left the config, and none of another config', async () => {
  configure({ [a]: MONDAYS, [b]: DAILY });
  await apply();
  const own = world.temporal.taskQueue;

  // Another config in the same namespace has its own task queue: it sees none of them as its own.
  const ours = readFileSync(world.configPath, 'utf8');
  writeFileSync(world.configPath, ours.replaceAll(own, `${own}-other`).replace(/^ {4}schedule:\n(?: {6}.*\n)+/gm, ''));
  const other = await apply();
  expect(other.lines).toEqual([
    'No sync of peak-braze.yaml has a schedule. Add one: schedule: { every: day, at: "06:00", timeZone: Europe/Berlin }',
  ]);

  writeFileSync(world.configPath, ours);
  configure({ [a]: undefined });
  await eventually(async () => {
    const { lines } = await apply('--dry-run');
    return changesOf(lines).length === 2;
  }, 'the list of schedules to contain both');
  expect([await exists(a), await exists(b)]).toEqual([true, true]);
  const { stdout } = await apply('--json');
  expect(JSON.parse(stdout)).toEqual(
    [
      { sync: a, before: MONDAYS },
      { sync: b, before: DAILY },
    ].map((one) => ({ ...one, change: 'remove', applied: true, schedule: null, paused: null, nextRunAt: null })),
  );
  expect([await exists(a), await exists(b)]).toEqual([false, false]);
});

test('Temporal does not answer: one sentence, exit 1', async () => {
  const config = parse(readFileSync(world.configPath, 'utf8')) as Record<string, unknown>;
  writeFileSync(world.configPath, stringify({ ...config, temporal: { address: '127.0.0.1:1' } }));
  expect(await apply()).toMatchObject({
    exitCode: 1,
    stdout: '',
    stderr:
      'error Temporal does not answer at 127.0.0.1:1. Start it (npx peak-braze dev temporal) or set temporal.address.\n',
  });
});

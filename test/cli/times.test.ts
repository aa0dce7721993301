import { DEFAULT_KEY } from '../../emulators/braze/emulator';
import { SHAPES, type CommandWithShape } from '../../src/cli/schema/shapes';
import { createEnvironment, fillStore, type TestEnvironment } from '../environment';
import { peakBraze, peakBrazeJson } from './peakBraze';

let world: TestEnvironment;
afterEach(() => world.close());

const WINDOW = { window_from: '2026-11-26 23:41:19.964976+00', window_to: '2026-11-27 11:41:19.96+00' };

/** A recorded run of 20 customers whose window is known, and one customer whom Braze refused. */
async function afterARun(): Promise<void> {
  world = await createEnvironment({
    braze: { keys: { [DEFAULT_KEY]: ['users.track', 'users.export.ids'] } },
    sync: {
      overlap: '0s',
      modelRun: { table: 'model_runs', model: 'churn' },
      attributes: { next_best_product: 'string', scored_at: 'date' },
      guards: { maxRejectedShare: 1 },
    },
  });
  await world.startWorker();
  await fillStore(world, 20);
  world.braze.poison(['c000002']);
  await world.tenant.raw(`
    update predictive_attributes set updated_at = '2026-11-20 05:00:00.000123+00', scored_at = '2026-11-19 04:00:00+00';
    insert into model_runs values ('m1', 'churn', 'completed', '2026-11-20', '2026-11-20 05:48:00.120034+00')`);
  await world.run({ modelRun: 'latest' });
  await world.ledger('runs').update(WINDOW);
}

/** Every text of a JSON value that holds a date, by its path; not ids. */
function datesIn(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'string') return /\d-\d\d-\d\d/.test(value) && !/Id$/.test(path) ? [[path, value]] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => datesIn(one, path === '' ? key : `${path}.${key}`));
}

const ISO_IN_UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** Asserts that the JSON has the shape that `schema` prints, and that all its times have one form. */
async function json(...args: string[]): Promise<Record<string, string>> {
  const printed: unknown = await peakBrazeJson(world, args);
  const shape = SHAPES[args[0] as CommandWithShape].safeParse(printed);
  const dates = datesIn(printed);
  expect({
    args,
    problems: shape.error?.issues ?? [],
    other: dates.filter(([, text]) => !ISO_IN_UTC.test(text)),
  }).toEqual({
    args,
    problems: [],
    other: [],
  });
  return Object.fromEntries(dates);
}

test('every time in JSON and CSV is ISO 8601 in UTC, with the microseconds of the tenant', async () => {
  await afterARun();
  const window = { windowFrom: '2026-11-26T23:41:19.964976Z', windowTo: '2026-11-27T11:41:19.96Z' };
  expect(await json('runs', 'churn')).toMatchObject({
    '0.windowFrom': window.windowFrom,
    '0.windowTo': window.windowTo,
  });
  const { stdout } = await peakBraze(world, ['runs', 'churn', '--csv']);
  expect(stdout).toContain(`,${window.windowFrom},${window.windowTo},`);
  expect(stdout).not.toMatch(/\d\d \d\d:/);
  const unlike = [{ ...(await peakBrazeJson<object[]>(world, ['runs', 'churn']))[0], windowTo: WINDOW.window_to }];
  expect(SHAPES.runs.safeParse(unlike).success).toBe(false);
  expect(await json('status')).toMatchObject({
    'syncs.0.run.windowTo': window.windowTo,
    'syncs.0.lastRecorded.windowFrom': window.windowFrom,
  });
  expect(await json('preview', 'churn')).toMatchObject({
    windowFrom: window.windowTo,
    windowTo: expect.any(String),
    'modelRun.completedAt': '2026-11-20T05:48:00.120034Z',
  });
  expect(await json('backfill', 'churn', '--since', '2026-11-01T00:00:00.000001+05:30', '--dry-run')).toMatchObject({
    windowFrom: '2026-10-31T18:30:00.000001Z',
  });
  expect(await json('customer', 'churn', 'c000001')).toMatchObject({
    updatedAt: '2026-11-20T05:00:00.000123Z',
    acknowledgedAt: expect.any(String),
  });
  expect(await json('dictionary', 'churn')).toMatchObject({
    'freshness.modelRun.completedAt': '2026-11-20T05:48:00.120034Z',
    'attributes.1.dates.oldest': '2026-11-19T04:00:00.000Z',
  });
  for (const args of [
    ['rejected', 'churn'],
    ['verify', 'churn'],
    ['forget', 'c000003'],
    ['forget', 'c000003'],
  ]) {
    await json(...args);
  }
  expect((await peakBraze(world, ['rejected', 'churn', '--csv'])).stdout).not.toMatch(/\d\d \d\d:/);

  // Also where a run ends: the command's last object, and the workflow's own result.
  await world.tenant.raw(`update predictive_attributes set next_best_product = 'tea', updated_at = clock_timestamp()`);
  const ran = await json('run', 'churn');
  const result = await world.temporal.client.workflow.getHandle(await lastWorkflow()).result();
  expect(Object.fromEntries(datesIn(result))).toEqual(ran);
});

async function lastWorkflow(): Promise<string> {
  return (await world.ledger('runs').orderBy('number', 'desc').first('workflow_id')).workflow_id;
}

test('a column without a zone gets none, neither a Z nor an offset', async () => {
  await afterARun();
  await world.tenant.raw(`set time zone 'UTC'; alter table predictive_attributes alter updated_at type timestamp`);
  const customer = await peakBrazeJson(world, ['customer', 'churn', 'c000001']);
  expect(customer).toMatchObject({ updatedAt: '2026-11-20T05:00:00.000123' });
  expect(SHAPES.customer.safeParse(customer).error?.issues ?? []).toEqual([]);

  await world.tenant.raw('alter table predictive_attributes alter updated_at type date');
  expect(await peakBrazeJson(world, ['customer', 'churn', 'c000001'])).toMatchObject({ updatedAt: '2026-11-20' });
});

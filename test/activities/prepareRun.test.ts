import { readRun } from '../../src/ledger/runs';
import { HOLD_FAILURE } from '../../src/types/activities';
import { fillStore } from '../environment';
import { createHarness, type ActivityHarness } from './harness';

let stage: ActivityHarness;
beforeEach(async () => {
  stage = await createHarness();
  await fillStore(stage.world, 5);
});
afterEach(() => stage.close());

const prepare = (run: number) => stage.call('prepareRun', { run, modelRun: null, keyConfirmed: false });
const read = (run: number) => readRun(stage.ledger, run);

/** A recorded run. */
async function recorded(input: Parameters<ActivityHarness['open']>[0] = {}) {
  return stage.finish(await stage.extracted(input));
}

/** How long (ms) one of the database's timestamps lies before another. */
async function msBetween(earlier: string, later: string): Promise<number> {
  const { rows } = await stage.world.tenant.raw(
    'select (extract(epoch from ?::timestamptz - ?::timestamptz) * 1000)::float8 as ms',
    [later, earlier],
  );
  return rows[0].ms;
}

test('the first run compares the whole store, up to the tenant’s own clock', async () => {
  const { rows } = await stage.world.tenant.raw('select clock_timestamp()::text as now');
  const run = await stage.prepared();
  const prepared = await read(run);
  expect(prepared).toMatchObject({ wholeStore: true, windowFrom: null, inFlightPerLane: 128 });
  expect(prepared.windowTo).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?\+00$/);
  const laterMs = await msBetween(rows[0].now, prepared.windowTo!);
  expect(laterMs).toBeGreaterThanOrEqual(0);
  expect(laterMs).toBeLessThan(5_000);
});

test('the window is shared among the lanes, and never empty', async () => {
  stage.world.configure({ delivery: { lanes: 20 } });
  expect(await read(await stage.prepared())).toMatchObject({ inFlightPerLane: 12 });
});

test('the next window begins at the watermark minus the lookback window', async () => {
  stage.world.configure({ overlap: '90s' });
  const first = await recorded();
  const second = await read(await stage.prepared());
  expect(second.wholeStore).toBe(false);
  expect(await msBetween(second.windowFrom!, first.windowTo!)).toBe(90_000);
});

test('… or at the earliest start of the model runs completed since the one last synced, if that is earlier', async () => {
  const rule = { modelRun: { table: 'model_runs', model: 'churn' }, overlap: '1s' };
  stage.world.configure(rule);
  const completed = (id: string, started: string, ended: string, model = 'churn') =>
    stage.world.tenant.raw(`insert into model_runs values (?, ?, 'completed', ?, ?)`, [id, model, started, ended]);
  await completed('m1', '2026-01-01 00:00:00+00', '2026-01-01 01:00:00+00');
  const first = await stage.open();
  await stage.call('waitForModelRun', { run: first });
  await stage.call('askForLease', { run: first, kind: 'sync' });
  await prepare(first);
  await stage.call('extractChanges', { run: first });
  await stage.call('askForLease', { run: first, kind: 'workspace' });
  await stage.finish(first);

  await completed('other', '2020-01-01 00:00:00+00', '2026-01-01 03:00:00+00', 'value');
  await completed('m2', '2026-01-01 00:30:00.000001+00', '2026-01-01 02:00:00+00');
  await completed('m3', '2026-01-01 01:30:00+00', '2026-01-01 04:00:00+00');
  expect(await read(await stage.prepared())).toMatchObject({ windowFrom: '2026-01-01 00:30:00.000001+00' });
});

test('the watermark is the greatest upper bound of recorded changes and full runs; nothing else lends one', async () => {
  stage.world.configure({ overlap: '0s' });
  const full = await recorded({ mode: 'full' });
  await recorded({ mode: 'backfill', until: '2030-01-01 00:00:00+00' });
  const cancelled = await stage.extracted();
  await stage.call('closeRun', { run: cancelled, end: 'cancelled' });
  expect((await read(await stage.prepared())).windowFrom).toBe(full.windowTo);
});

test('a clock of the tenant’s that was set back moves no watermark back', async () => {
  stage.world.configure({ overlap: '0s' });
  const first = await recorded();
  await recorded();
  await stage.ledger.raw(`update runs set window_to = '2031-01-01 00:00:00+00' where number = ?`, [first.run]);
  expect((await read(await stage.prepared())).windowFrom).toBe('2031-01-01 00:00:00+00');
});

test('a changed mapping compares the whole store; what only decides when and how fast does not', async () => {
  const first = await recorded();
  stage.world.configure({ overlap: '2h', delivery: { settle: '0s', chunkCustomers: 7, lanes: 1 } });
  const same = await recorded();
  expect(same).toMatchObject({ wholeStore: false, fingerprint: first.fingerprint });

  stage.world.configure({ attributes: { next_best_product: 'string' } });
  const changed = await recorded();
  expect(changed).toMatchObject({ wholeStore: true, windowFrom: null });
  expect(changed.fingerprint).not.toBe(first.fingerprint);

  // A column's own type is part of the mapping where the config names none.
  stage.world.configure({ attributes: { expected_purchases: {} } });
  const byType = await recorded();
  await stage.world.tenant.raw('alter table predictive_attributes alter expected_purchases type text');
  expect((await read(await stage.prepared())).fingerprint).not.toBe(byType.fingerprint);
});

test('a backfill takes the window it was asked for, or everything', async () => {
  const since = '2026-01-01T00:00:00Z';
  const until = '2026-02-01T00:00:00Z';
  const part = await stage.prepared({ mode: 'backfill', since, until });
  expect(await read(part)).toMatchObject({ windowFrom: since, windowTo: until, wholeStore: false });
  await stage.call('closeRun', { run: part, end: 'cancelled' });
  expect(await read(await stage.prepared({ mode: 'backfill' }))).toMatchObject({ windowFrom: null, wholeStore: true });
});

test('a second preparation finds the first: config, window and mapping as they were then', async () => {
  const run = await stage.prepared();
  const first = await read(run);
  stage.world.configure({ attributes: { next_best_product: 'string' }, delivery: { lanes: 7 } });
  const again = await prepare(run);
  expect(again).toEqual({
    windowFrom: null,
    windowTo: first.windowTo,
    holdForMs: first.settings!.holdForMs,
    lanes: 2,
  });
  expect(await read(run)).toEqual(first);
  // Not even a file that became invalid holds it now.
  stage.world.configure({ overlap: 'an hour' });
  expect(await prepare(run)).toEqual(again);
});

test('the sync is kept without a secret', async () => {
  const run = await stage.prepared();
  const { rows } = await stage.ledger.raw('select settings::text as text from runs where number = ?', [run]);
  for (const secret of [stage.world.env.BRAZE_API_KEY!, new URL(stage.world.tenantUrl).password]) {
    expect(secret).not.toBe('');
    expect(rows[0].text).not.toContain(secret);
  }
});

test.each([
  [{ table: 'nowhere' }, 'tenant', 'nowhere does not exist'],
  [{ attributes: { no_such_column: 'string' } }, 'tenant', 'has no column no_such_column'],
  [{ customerId: 'id' }, 'tenant', 'has no column id'],
  [{ attributes: { next_best_product: { type: 'boolean', decimals: 2 } } }, 'invalid-config', 'decimals'],
])('%j holds the run and says why', async (change, cause, words) => {
  const run = await stage.open();
  stage.world.configure(change);
  await expect(prepare(run)).rejects.toMatchObject({
    type: HOLD_FAILURE,
    nonRetryable: true,
    details: [{ cause }],
    message: expect.stringContaining(words),
  });
  expect((await read(run)).settings).toBeNull();
});

test('a sync that is no longer in the config holds the run, and names those that are', async () => {
  const run = await stage.open({ sync: 'gone' });
  await expect(prepare(run)).rejects.toMatchObject({
    details: [{ cause: 'invalid-config', because: expect.stringContaining('it has churn') }],
  });
});

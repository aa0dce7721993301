import { ApplicationFailureCategory } from '@temporalio/common';
import { readRun } from '../../src/ledger/runs';
import { HOLD_FAILURE } from '../../src/types/activities';
import { fillStore } from '../environment';
import { createHarness, type ActivityHarness } from './harness';

let stage: ActivityHarness;
beforeEach(async () => {
  stage = await createHarness({
    sync: { modelRun: { table: 'model_runs', model: 'churn', poll: '30s', timeout: '6h' } },
  });
});
afterEach(() => stage.close());

const look = (run: number) => stage.call('waitForModelRun', { run });

function modelRun(id: string, completed: string | null, { model = 'churn', status = 'completed' } = {}) {
  return stage.world.tenant.raw(`insert into model_runs values (?, ?, ?, now() - interval '1 hour', ?::timestamptz)`, [
    id,
    model,
    status,
    completed,
  ]);
}

/** A run that has taken this model run and been recorded. */
async function synced(): Promise<void> {
  const run = await stage.open();
  await look(run);
  await stage.call('askForLease', { run, kind: 'sync' });
  await stage.call('prepareRun', { run, modelRun: null, keyConfirmed: false });
  await stage.call('extractChanges', { run });
  await stage.call('askForLease', { run, kind: 'workspace' });
  await stage.finish(run);
}

test('"not yet" is a benign failure with the poll interval as its delay, and holds nothing', async () => {
  const run = await stage.open();
  await modelRun('running', null, { status: 'running' });
  await modelRun('other', '2026-01-01', { model: 'value' });
  await expect(look(run)).rejects.toMatchObject({
    type: 'NotYet',
    nonRetryable: false,
    nextRetryDelay: 30_000,
    category: ApplicationFailureCategory.BENIGN,
  });
  expect(await readRun(stage.ledger, run)).toMatchObject({ state: 'waiting-for-model-run', modelRun: null });
});

test('a run whose window is settled keeps its model run, as when its workflow is reset', async () => {
  await modelRun('m1', '2026-01-01 03:00:00+00');
  const run = await stage.open();
  await look(run);
  await stage.call('askForLease', { run, kind: 'sync' });
  await stage.call('prepareRun', { run, modelRun: null, keyConfirmed: false });
  await modelRun('m2', '2026-01-02 03:00:00+00');
  expect(await look(run)).toEqual({ kind: 'ready', modelRun: 'm1' });
  expect((await readRun(stage.ledger, run)).modelRun).toBe('m1');
  await stage.call('closeRun', { run, end: 'cancelled' });
  await expect(look(run)).rejects.toMatchObject({ type: 'RunEnded', nonRetryable: true });
  expect((await readRun(stage.ledger, run)).modelRun).toBe('m1');
});

test('a completed_at without a time holds the run before it is recorded, and the run continues once the query is fixed', async () => {
  const query = (completedAt: string) => ({
    modelRun: {
      query: `select id, ${completedAt} as completed_at from model_runs where status = 'completed'`,
      poll: '1s',
      timeout: '1h',
    },
  });
  stage.world.configure(query('extract(epoch from completed_at)::bigint'));
  await modelRun('m1', '2026-01-01 03:00:00+00');
  const run = await stage.open();
  await expect(look(run)).rejects.toMatchObject({
    nonRetryable: true,
    message:
      'modelRun: completed_at is of type int8, which contains no time. Use a query that returns it as a timestamptz. Then retry.',
  });
  expect((await readRun(stage.ledger, run)).modelRun).toBeNull();
  stage.world.configure(query('completed_at'));
  expect(await look(run)).toEqual({ kind: 'ready', modelRun: 'm1' });
});

test('the last look comes at the timeout, not a poll interval after it', async () => {
  const run = await stage.open();
  await stage.ledger.raw(`update runs set started_at = now() - interval '5 hours 59 minutes 50 seconds'`);
  const failure = await look(run).catch((error: { nextRetryDelay: number }) => error);
  expect(failure).toMatchObject({ type: 'NotYet' });
  expect((failure as { nextRetryDelay: number }).nextRetryDelay).toBeLessThanOrEqual(10_000);

  await stage.ledger.raw(`update runs set started_at = now() - interval '6 hours'`);
  expect(await look(run)).toEqual({ kind: 'none' });
});

test('a completed model run is taken and kept in the run, to the microsecond', async () => {
  await modelRun('m1', '2026-01-01 03:00:00.123456+00');
  const run = await stage.open();
  expect(await look(run)).toEqual({ kind: 'ready', modelRun: 'm1' });
  expect(await readRun(stage.ledger, run)).toMatchObject({
    modelRun: 'm1',
    modelRunCompletedAt: '2026-01-01 03:00:00.123456+00',
  });
});

test('next takes only a model run newer than the one last synced, latest takes it again', async () => {
  await fillStore(stage.world, 3);
  await modelRun('m1', '2026-01-01 03:00:00.123456+00');
  await synced();

  const next = await stage.open();
  await expect(look(next)).rejects.toMatchObject({
    message: 'No model run newer than the one last synced has completed yet',
  });
  expect(await look(await stage.open({ modelRun: 'latest' }))).toEqual({ kind: 'ready', modelRun: 'm1' });
  await modelRun('m2', '2026-01-01 03:00:00.123457+00');
  expect(await look(next)).toEqual({ kind: 'ready', modelRun: 'm2' });
});

test('latest does not wait for the first model run', async () => {
  expect(await look(await stage.open({ modelRun: 'latest' }))).toEqual({ kind: 'none' });
});

test('each look uses the config as it is then', async () => {
  const run = await stage.open();
  await expect(look(run)).rejects.toMatchObject({ type: 'NotYet' });
  await stage.world.tenant.raw('create table finished (id text, completed_at timestamptz)');
  await stage.world.tenant.raw(`insert into finished values ('q1', '2026-01-01')`);
  stage.world.configure({ modelRun: { query: 'select id, completed_at from finished;' } });
  expect(await look(run)).toEqual({ kind: 'ready', modelRun: 'q1' });

  stage.world.configure({ modelRun: 'none' });
  expect(await look(await stage.open())).toEqual({ kind: 'ready', modelRun: null });
});

test('the workflow waits for a sync that is notified by signal, and not at all for latest', async () => {
  stage.world.configure({ modelRun: { signal: true, timeout: '2h' } });
  expect(await look(await stage.open())).toEqual({ kind: 'await-signal', timeoutMs: 2 * 60 * 60 * 1000 });
  expect(await look(await stage.open({ modelRun: 'latest' }))).toEqual({ kind: 'ready', modelRun: null });
});

test('a missing table holds the run, an invalid file too; an unavailable tenant is retried', async () => {
  const run = await stage.open();
  stage.world.configure({ modelRun: { table: 'no_such_table', model: 'churn' } });
  await expect(look(run)).rejects.toMatchObject({
    type: HOLD_FAILURE,
    nonRetryable: true,
    details: [{ cause: 'tenant' }],
    message: expect.stringContaining('no_such_table does not exist'),
  });

  const { TENANT_URL } = stage.world.env;
  const away = new URL(TENANT_URL!);
  away.port = '1';
  stage.world.env.TENANT_URL = away.href;
  const failure = await look(run).catch((error: Error) => error);
  expect(failure).toMatchObject({ type: 'Waiting', nonRetryable: false });
  expect((failure as Error).message).toBe("The tenant's database does not answer (ECONNREFUSED).");
  expect(await readRun(stage.ledger, run)).toMatchObject({
    waitingFor: "The tenant's database does not answer (ECONNREFUSED).",
  });
  stage.world.env.TENANT_URL = TENANT_URL!;

  stage.world.configure({ modelRun: 'sometimes' });
  await expect(look(run)).rejects.toMatchObject({ type: HOLD_FAILURE, details: [{ cause: 'invalid-config' }] });
});

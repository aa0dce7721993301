import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { withClient } from '../../demo/postgresClient';
import type { ScoreChange } from '../../demo/scoreChange';
import { createTenant, publishModelRun } from '../../demo/tenant';
import { SampleShop } from '../../demo/sampleShop';
import { ensureSampleTenant, rescoreSampleTenant } from '../../src/dev/sampleTenant';

const SERVER = process.env.TEST_POSTGRES_URL!;
const databases: string[] = [];

afterEach(async () => {
  for (const name of databases.splice(0)) await ask(SERVER, `drop database "${name}" with (force)`);
});

async function emptyDatabase(): Promise<string> {
  const name = `sample_${randomUUID()}`;
  await ask(SERVER, `create database "${name}"`);
  databases.push(name);
  const url = new URL(SERVER);
  url.pathname = name;
  return url.href;
}

/** The rows of one question. */
function ask(url: string, sql: string): Promise<Record<string, unknown>[]> {
  return withClient(url, async (client) => (await client.query(sql)).rows);
}

/** Everything the tenant holds, in one value. */
async function contents(url: string): Promise<unknown> {
  return ask(
    url,
    `select (select md5(string_agg(a::text, ',' order by customer_id)) from predictive_attributes a) as scores,
            (select md5(string_agg(r::text, ',' order by id)) from model_runs r) as runs`,
  );
}

/** Without its times, which are those of the clock. */
async function scoresOf(url: string): Promise<unknown> {
  return ask(
    url,
    `select md5(string_agg((to_jsonb(a) - 'updated_at')::text, ',' order by customer_id)) as scores from predictive_attributes a`,
  );
}

test('each model run follows the last one by a week, in all rows at once and with a completed run of its own', async () => {
  const url = await emptyDatabase();
  await expect(ensureSampleTenant(url)).resolves.toBe(2_000);
  await expect(ensureSampleTenant(url)).resolves.toBe(2_000);
  for (const [modelRun, week, version] of [
    ['m2', 2, 'bgnbd-2026-10-12'],
    ['m3', 3, 'bgnbd-2026-10-19'],
  ]) {
    const published = await rescoreSampleTenant(url, { by: 'week' });
    expect(published).toMatchObject({ modelRun, week, customers: 2_000, changedBy: 'week', selectedCustomers: 2_000 });
    expect(published.changedCustomers).toBeGreaterThan(1_900);
    const rows = await ask(
      url,
      `select count(*)::int as customers, count(distinct updated_at)::int as times, min(model_version) as version,
              count(distinct model_version)::int as versions, bool_and(updated_at between started_at and completed_at) as within
         from predictive_attributes cross join (select * from model_runs where id = '${modelRun}' and status = 'completed') run`,
    );
    expect(rows).toEqual([{ customers: 2_000, times: 1, version, versions: 1, within: true }]);
  }
});

test('the same model runs give the same rows on another machine', async () => {
  const [one, other] = [await emptyDatabase(), await emptyDatabase()];
  const changes: ScoreChange[] = [{ by: 'drift', share: 0.05 }, { by: 'nulls', share: 0.2 }, { by: 'week' }];
  for (const url of [one, other]) {
    await ensureSampleTenant(url);
    for (const change of changes) await rescoreSampleTenant(url, change);
  }
  expect(await scoresOf(one)).toEqual(await scoresOf(other));
});

test('drift, nulls and break each change what they say of the scores before; after them a week is whole again', async () => {
  const url = await emptyDatabase();
  await ensureSampleTenant(url);
  const changed = async (change: ScoreChange) => (await rescoreSampleTenant(url, change)).changedCustomers;
  expect(await changed({ by: 'drift', share: 0.05 })).toBe(100);
  expect(await changed({ by: 'nulls', share: 0.2 })).toBe(400);
  const lost = `select count(*)::int as lost from predictive_attributes
    where num_nulls(churn_probability, predicted_value, next_best_product, expected_purchases) = 4`;
  expect(await ask(url, lost)).toEqual([{ lost: 400 }]);
  // Those who had lost their values have them again, and nobody else changes but the next 40.
  const drifted = await changed({ by: 'drift', share: 0.02 });
  expect(drifted).toBeGreaterThanOrEqual(400);
  expect(drifted).toBeLessThanOrEqual(440);
  expect(await changed({ by: 'break' })).toBe(2_000);
  await changed({ by: 'week' });
  expect(
    await ask(
      url,
      `select count(*)::int as bad from predictive_attributes where not (churn_probability between 0 and 1)`,
    ),
  ).toEqual([{ bad: 0 }]);

  const fresh = await emptyDatabase();
  await createTenant(fresh);
  await publishModelRun(fresh, { id: 'm6', model: 'churn', scores: new SampleShop().scores(6) });
  expect(await scoresOf(url)).toEqual(await scoresOf(fresh));
});

test('a model run is seen whole or not at all, and of two at once the second follows the first', async () => {
  const url = await emptyDatabase();
  await ensureSampleTenant(url);
  const before = await contents(url);
  await withClient(url, async (client) => {
    const untilWaiting = async (wanted: number) => {
      const waiting = `select count(*)::int as waiting from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`;
      while (Number((await ask(url, waiting))[0]!.waiting) < wanted) await sleep(20);
    };
    // The rows can be written, and the model run has to wait.
    await client.query('begin; lock table model_runs in share mode');
    const first = rescoreSampleTenant(url, { by: 'week' });
    await untilWaiting(1);
    const second = rescoreSampleTenant(url, { by: 'week' });
    await untilWaiting(2);
    expect(await contents(url)).toEqual(before);
    await client.query('commit');
    expect(await Promise.all([first, second])).toMatchObject([
      { modelRun: 'm2', week: 2 },
      { modelRun: 'm3', week: 3 },
    ]);
  });
  expect(await contents(url)).not.toEqual(before);
});

test('two first starts at once create one tenant', async () => {
  const url = await emptyDatabase();
  await Promise.all([ensureSampleTenant(url), ensureSampleTenant(url)]);
  expect(await ask(url, 'select id, status from model_runs')).toEqual([{ id: 'm1', status: 'completed' }]);
});

test.each([
  [
    'a tenant of the same shape that dev has not created',
    async (url: string) => {
      await createTenant(url);
      await publishModelRun(url, { id: 'm1', model: 'churn', scores: new SampleShop().scores(1) });
    },
  ],
  [
    'a table that a user created in the place of the sample',
    async (url: string) => {
      await ensureSampleTenant(url);
      await ask(url, 'create table mine as table predictive_attributes');
      await ask(url, 'drop table predictive_attributes; alter table mine rename to predictive_attributes');
    },
  ],
])('%s is refused and unchanged', async (_what, prepare) => {
  const url = await emptyDatabase();
  await prepare(url);
  const before = await contents(url);
  await expect(rescoreSampleTenant(url, { by: 'nulls', share: 1 })).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringMatching(
      /^\S+:\d+\/sample_\S+ is not the sample tenant that peak-braze dev creates\. Nothing /,
    ),
  });
  expect(await contents(url)).toEqual(before);
});

test.each([
  ['postgres://me:secret@db.invalid/tenant', 2, /^TENANT_URL names db\.invalid, which is not this machine\. /],
  ['postgres://me:secret@127.0.0.1/tenant?host=db.invalid', 2, /^TENANT_URL names db\.invalid, which is not /],
  ['postgres://me:secret@%2Fvar%2Frun/tenant', 2, /^TENANT_URL names \/var\/run, which is not this machine\. /],
  ['redshift://me:secret@127.0.0.1/tenant', 2, /^TENANT_URL is not the sample tenant that peak-braze dev creates\. /],
  ['no address', 2, /^TENANT_URL is not the sample tenant that peak-braze dev creates\. /],
  [
    'postgres://me:secret@127.0.0.1:1/tenant',
    1,
    /^The sample tenant does not answer at 127\.0\.0\.1:1\/tenant\. Start it: npx peak-braze dev$/,
  ],
])('%s: one sentence without its password', async (url, exitCode, message) => {
  const problem = await rescoreSampleTenant(url, { by: 'week' }).catch((error: unknown) => error);
  expect(problem).toMatchObject({ exitCode, message: expect.stringMatching(message) });
  expect((problem as Error).message).not.toContain('secret');
});

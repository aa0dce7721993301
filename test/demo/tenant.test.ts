import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { scoreWeek } from '../../demo/scores';
import { SHOP_OPENED, simulateTransactions } from '../../demo/shop';
import { createTenant, publishModelRun } from '../../demo/tenant';
import { type PostgresServer, startPostgres } from '../../src/local/postgres';

let folder: string;
let server: PostgresServer | undefined;
let serverUrl: string;
let tenantUrl: string;
let client: Client;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenant-'));
  if (process.env.TEST_POSTGRES_URL === undefined) server = await startPostgres({ dir: folder, note: () => {} });
  serverUrl = server?.url ?? process.env.TEST_POSTGRES_URL!;
});

afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true });
});

/** Each test has a database of its own, also on the shared server. */
beforeEach(async () => {
  const database = `tenant_${process.pid}_${Date.now()}`;
  await onServer(`create database ${database}`);
  const own = new URL(serverUrl);
  own.pathname = `/${database}`;
  tenantUrl = own.href;
  client = new Client({ connectionString: tenantUrl });
  await client.connect();
  await createTenant(tenantUrl);
});

afterEach(async () => {
  await client.end();
  await onServer(`drop database ${client.database}`);
});

async function onServer(sql: string): Promise<void> {
  const admin = new Client({ connectionString: serverUrl });
  await admin.connect();
  await admin.query(sql);
  await admin.end();
}

const transactions = simulateTransactions({ seed: 1, customers: 1_500, weeks: 20 });
const today = SHOP_OPENED + 20 * 7;
const lastWeek = scoreWeek(transactions, today - 7);
const thisWeek = scoreWeek(transactions, today);

test('a model run is completed, and all its rows carry one time that lies within it', async () => {
  await publishModelRun(tenantUrl, { id: 'm1', model: 'churn', scores: lastWeek });

  const { rows: runs } = await client.query('select * from model_runs');
  expect(runs).toMatchObject([{ id: 'm1', model: 'churn', status: 'completed' }]);
  const { rows } = await client.query(
    `select count(*)::int as customers, count(distinct a.updated_at)::int as times,
            bool_and(a.updated_at between r.started_at and r.completed_at) as within
     from predictive_attributes a cross join model_runs r`,
  );
  expect(rows).toEqual([{ customers: 1_500, times: 1, within: true }]);
});

test('scores arrive digit by digit', async () => {
  await publishModelRun(tenantUrl, { id: 'm1', model: 'churn', scores: lastWeek });
  const { rows } = await client.query(
    `select customer_id, churn_probability, predicted_value, next_best_product, model_version,
            to_char(scored_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') as scored_at
     from predictive_attributes where customer_id = '00042'`,
  );
  const score = lastWeek[41]!;
  expect(rows).toEqual([
    {
      customer_id: '00042',
      churn_probability: score.churn_probability,
      predicted_value: score.predicted_value.toFixed(2),
      next_best_product: score.next_best_product,
      model_version: score.model_version,
      scored_at: '2026-05-18 00:00:00',
    },
  ]);
});

test('a later run replaces the scores it has, and leaves the others with their time', async () => {
  await publishModelRun(tenantUrl, { id: 'm1', model: 'churn', scores: lastWeek });
  await publishModelRun(tenantUrl, { id: 'm2', model: 'churn', scores: thisWeek.slice(0, 1_000) });
  const { rows } = await client.query(
    `select model_version, count(*)::int as customers, count(distinct updated_at)::int as times
     from predictive_attributes group by model_version order by model_version`,
  );
  expect(rows).toEqual([
    { model_version: 'bgnbd-2026-05-18', customers: 500, times: 1 },
    { model_version: 'bgnbd-2026-05-25', customers: 1_000, times: 1 },
  ]);
});

test('a run of another day is stamped with that day', async () => {
  const at = '2026-05-25 05:00:00+00';
  await publishModelRun(tenantUrl, { id: 'm1', model: 'churn', scores: thisWeek, at });
  const { rows } = await client.query(
    `select bool_and(a.updated_at = $1 and r.started_at = $1 and r.completed_at = $1) as stamped
     from predictive_attributes a cross join model_runs r`,
    [at],
  );
  expect(rows).toEqual([{ stamped: true }]);
});

test('a run that fails changes no row and stays running', async () => {
  await publishModelRun(tenantUrl, { id: 'm1', model: 'churn', scores: lastWeek });
  const twice = { id: 'm2', model: 'churn', scores: [...thisWeek, thisWeek[0]!] };
  await expect(publishModelRun(tenantUrl, twice)).rejects.toThrow(/second time/);
  const { rows } = await client.query('select distinct model_version from predictive_attributes');
  expect(rows).toEqual([{ model_version: 'bgnbd-2026-05-18' }]);
  const { rows: runs } = await client.query("select status from model_runs where id = 'm2'");
  expect(runs).toEqual([{ status: 'running' }]);
});

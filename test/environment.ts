import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { Runtime } from '@temporalio/worker';
import knex, { type Knex } from 'knex';
import { pino } from 'pino';
import { stringify } from 'yaml';
import { startBrazeEmulator, DEFAULT_KEY } from '../emulators/braze/emulator';
import type { BrazeEmulator, BrazeEmulatorOptions } from '../emulators/braze/options';
import { migrateLedger } from '../src/ledger/migrate';
import { findRun, type RunRecord } from '../src/ledger/runs';
import type { TemporalAccess } from '../src/temporal/connect';
import { startRun, type StartedRun } from '../src/temporal/runs';
import type { Progress } from '../src/types/messages';
import type { RunState } from '../src/types/run';
import type { SyncInput } from '../src/types/workflow';
import { startWorker, type RunningWorker } from '../src/worker';
import { openSqlLedger, type SqlLedger } from './ledgerSql';

export const PROJECT = resolve(__dirname, '..');

/** Contract's tenant, in our own words: what the tests fill and the syncs read. */
const TENANT_SCHEMA = `
  create table model_runs (id text primary key, model text not null, status text not null,
    started_at timestamptz not null default now(), completed_at timestamptz);
  create table predictive_attributes (customer_id text primary key, churn_probability double precision,
    predicted_value numeric(12,2), next_best_product text, expected_purchases numeric(8,3), model_version text,
    scored_at timestamptz, updated_at timestamptz not null);
  create index on predictive_attributes (updated_at, customer_id);`;

/** One tenant, one ledger, one Braze emulator, one task queue, and a config file that joins them. Close it in `afterEach`. */
export interface TestEnvironment {
  dir: string;
  configPath: string;
  env: Record<string, string>;
  tenant: Knex;
  tenantUrl: string;
  ledger: SqlLedger;
  ledgerUrl: string;
  braze: BrazeEmulator;
  temporal: TemporalAccess;
  /** Merges into the sync `churn` of the config file; undefined removes a key. */
  configure(sync: Record<string, unknown>, rest?: Record<string, unknown>): void;
  startWorker(): Promise<RunningWorker>;
  /** A worker as a user starts it: a process of its own, ended with the world unless it was killed before. */
  spawnWorker(more?: { temporalAddress?: string }): Promise<ChildProcess>;
  /** The same with a config file of the test's own. */
  spawnWorkerFor(configPath: string): Promise<ChildProcess>;
  start(input?: Partial<SyncInput>): Promise<StartedRun>;
  /** Starts a run and waits for its end. */
  run(input?: Partial<SyncInput>): Promise<RunRecord>;
  ended(run: StartedRun): Promise<RunRecord>;
  /** Waits until the run stands in this state. */
  reaches(run: StartedRun, state: RunState): Promise<Progress>;
  progress(run: StartedRun): Promise<Progress>;
  signal(run: StartedRun, name: string, ...args: unknown[]): Promise<void>;
  close(): Promise<void>;
}

export interface TestEnvironmentOptions {
  /** Default `churn`. Commands find open runs by the sync's name, so tests of commands want one of their own. */
  syncName?: string;
  sync?: Record<string, unknown>;
  braze?: BrazeEmulatorOptions;
  taskQueue?: string;
  temporalAddress?: string;
  postgresUrl?: string;
}

let silenced = false;

/** Expected failures are what many of these tests are about: the SDK's own lines about them would bury the report. */
function silenceSdk(): void {
  if (silenced) return;
  silenced = true;
  Runtime.install({
    logger: { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} },
    telemetryOptions: { logging: { forward: {}, filter: 'OFF' } },
  });
}

export async function createEnvironment(options: TestEnvironmentOptions = {}): Promise<TestEnvironment> {
  const dir = mkdtempSync(join(tmpdir(), 'peak-braze-world-'));
  const id = randomUUID().replaceAll('-', '').slice(0, 12);
  const postgresUrl = options.postgresUrl ?? process.env.TEST_POSTGRES_URL!;
  const tenantUrl = await createDatabase(postgresUrl, `tenant_${id}`);
  const ledgerUrl = await createDatabase(postgresUrl, `ledger_${id}`);
  const tenant = knex({ client: 'pg', connection: tenantUrl, pool: { min: 0, max: 3 } });
  await tenant.raw(TENANT_SCHEMA);
  const ledger = openSqlLedger(ledgerUrl, { connections: 3 });
  await migrateLedger(ledger);
  const braze = await startBrazeEmulator(options.braze);

  const address = options.temporalAddress ?? process.env.TEST_TEMPORAL_ADDRESS!;
  const taskQueue = options.taskQueue ?? `peak-braze-${id}`;
  const connection = await Connection.connect({ address });
  const temporal: TemporalAccess = {
    client: new Client({ connection }),
    namespace: 'default',
    taskQueue,
    close: () => connection.close(),
  };

  const name = options.syncName ?? 'churn';
  const configPath = join(dir, 'peak-braze.yaml');
  const env = { BRAZE_API_KEY: DEFAULT_KEY, TENANT_URL: tenantUrl, LEDGER_URL: ledgerUrl };
  const config = {
    temporal: { address, taskQueue },
    ledger: { url: '${LEDGER_URL}' },
    workspaces: { 'shop-eu': { restEndpoint: braze.url, apiKey: '${BRAZE_API_KEY}' } as Record<string, unknown> },
    sources: { tenant: { url: '${TENANT_URL}' } },
    syncs: {
      [name]: {
        table: 'predictive_attributes',
        attributes: {
          churn_probability: { column: 'churn_probability', type: 'number', decimals: 2 },
          churn_risk: { column: 'churn_probability', bands: { low: 0, medium: 0.5, high: 0.8 }, hysteresis: 0.03 },
          predicted_value: { column: 'predicted_value', type: 'number', decimals: 0 },
          next_best_product: 'string',
        },
        delivery: { settle: '0s' },
        ...options.sync,
      },
    } as Record<string, Record<string, unknown>>,
  };
  const write = () => writeFileSync(configPath, stringify(config));
  write();

  const workers: RunningWorker[] = [];
  const spawned: ChildProcess[] = [];
  const handle = (run: StartedRun) => temporal.client.workflow.getHandle(run.workflowId);

  const world: TestEnvironment = {
    dir,
    configPath,
    env,
    tenant,
    tenantUrl,
    ledger,
    ledgerUrl,
    braze,
    temporal,
    configure(sync, rest = {}) {
      Object.assign(config, rest);
      Object.assign(config.syncs[name]!, sync);
      write();
    },
    async startWorker() {
      silenceSdk();
      const worker = await startWorker({
        configPath,
        env,
        temporal: { address, namespace: 'default', taskQueue },
        ledgerUrl,
        log: pino({ level: 'silent' }),
        workflowBundle: builtWorkflows(),
      });
      workers.push(worker);
      return worker;
    },
    spawnWorker(more = {}) {
      const path = join(dir, `worker-${spawned.length}.yaml`);
      const temporalOfWorker = { ...config.temporal, address: more.temporalAddress ?? address };
      writeFileSync(path, stringify({ ...config, temporal: temporalOfWorker }));
      return world.spawnWorkerFor(path);
    },
    async spawnWorkerFor(path) {
      const worker = spawn(process.execPath, [join(PROJECT, 'bin/peak-braze.js'), 'worker', '--config', path], {
        env: { ...process.env, ...env },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      spawned.push(worker);
      let said = '';
      worker.stderr.on('data', (data: Buffer) => (said += data.toString()));
      await eventually(async () => {
        if (worker.exitCode !== null) throw new Error(`The worker ended: ${said}`);
        return said.includes('works on');
      }, 'the worker to work');
      return worker;
    },
    start: (input = {}) => startRun(temporal, { sync: name, ...input }, 'run'),
    async run(input = {}) {
      return world.ended(await world.start(input));
    },
    async ended(run) {
      await handle(run)
        .result()
        .catch(() => undefined);
      return (await findRun(ledger, run.firstRunId))!;
    },
    async reaches(run, state) {
      return eventually(async () => {
        const progress = await world.progress(run);
        return progress.state === state ? progress : null;
      }, `the run to be ${state}`);
    },
    progress: (run) => handle(run).query<Progress>('progress'),
    signal: (run, name, ...args) => handle(run).signal(name, ...args),
    async close() {
      for (const worker of spawned) worker.kill('SIGKILL');
      await Promise.all(workers.map((worker) => worker.stop()));
      await Promise.all([tenant.destroy(), ledger.destroy(), braze.close(), connection.close()]);
    },
  };
  return world;
}

let workflows: { code: string } | null = null;

/** The bundle that the global set-up has built: what a user's worker runs, and a second of webpack less for each worker here. */
function builtWorkflows(): { code: string } {
  workflows ??= { code: readFileSync(join(PROJECT, 'lib/workflow-bundle.js'), 'utf8') };
  return workflows;
}

async function createDatabase(postgresUrl: string, name: string): Promise<string> {
  const admin = knex({ client: 'pg', connection: postgresUrl, pool: { min: 0, max: 1 } });
  try {
    await admin.raw('create database ??', [name]);
  } finally {
    await admin.destroy();
  }
  const url = new URL(postgresUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** Waits on a condition; 20 s are far longer than any of them takes. */
export async function eventually<T>(
  look: () => Promise<T | null | false>,
  what: string,
  withinMs = 20_000,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== null && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`Waited ${withinMs / 1000} s for ${what}.`);
    await sleep(50);
  }
}

/** Fills the tenant with customers c000001 … with plain, different values, all stamped now. */
export async function fillStore(world: TestEnvironment, customers: number): Promise<void> {
  await world.tenant.raw(
    `insert into predictive_attributes (customer_id, churn_probability, predicted_value, next_best_product, updated_at)
     select 'c' || lpad(n::text, 6, '0'), (n % 1000) / 1000.0, n % 5000 + 0.25, 'product ' || n % 7, now() from generate_series(1, ?) n`,
    [customers],
  );
}

/** What every profile at Braze should hold, by the rules of the world's mapping, written again in SQL. */
export async function expectedProfiles(world: TestEnvironment): Promise<Map<string, Record<string, unknown>>> {
  const { rows } = await world.tenant.raw(`
    select customer_id as id, round(churn_probability::numeric, 2)::float8 as churn_probability,
           case when churn_probability >= 0.8 then 'high' when churn_probability >= 0.5 then 'medium' else 'low' end as churn_risk,
           round(predicted_value)::float8 as predicted_value, next_best_product
      from predictive_attributes`);
  return new Map(
    rows.map(({ id, ...values }: { id: string } & Record<string, unknown>) => [
      id,
      Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null)),
    ]),
  );
}

/** Asserts that every profile at Braze matches the source table, and that there are no others. */
export async function expectProfilesEqualStore(world: TestEnvironment): Promise<void> {
  const expected = await expectedProfiles(world);
  expect(world.braze.summary().profiles).toBe(expected.size);
  const wrong: string[] = [];
  for (const [id, values] of expected) {
    if (JSON.stringify(sorted(world.braze.profile(id) ?? {})) !== JSON.stringify(sorted(values))) wrong.push(id);
  }
  expect(wrong).toEqual([]);
}

function sorted(values: Record<string, unknown>): [string, unknown][] {
  return Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

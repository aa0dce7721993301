import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import knex from 'knex';
import { DEFAULT_KEY } from '../emulators/braze/emulator';
import { startPostgres } from '../src/local/postgres';
import { startTemporal } from '../src/local/temporal';
import { startRun } from '../src/temporal/runs';
import type { RunSummary } from '../src/types/run';
import type { SyncInput } from '../src/types/workflow';
import { startProcess, stopProcess } from './processes';

const TASK_QUEUE = 'peak-braze-bench';
/** Stands for "no limit" in the config: far above the capacity of this machine. */
const WITHOUT_LIMIT = 3_000_000;

/** Settings that an administrator would choose for tables of this size: the defaults fit a server with 128 MB. */
const POSTGRES_SETTINGS = { shared_buffers: '1GB', max_wal_size: '8GB', min_wal_size: '4GB' };

const note = (line: string) => process.stderr.write(`${line}\n`);

/** The whole system on this machine, each part in its own process, with a filled source table. */
export interface System {
  client: Client;
  tenantUrl: string;
  workerPid: number;
  /** File with the lines of `requestTimes.ts`, one for each request to Braze. */
  requestTimes: string;
  /** Applies from the next request and run; null: no limit. */
  conditions(limit: { requests: number; perSeconds: number } | null, latencyMs: number): Promise<void>;
  run(input?: Partial<SyncInput>): Promise<{ workflowId: string; summary: RunSummary; wallMs: number }>;
  stop(): Promise<void>;
}

/** Starts Temporal, Postgres, the emulator and a worker, and fills a source table with this many customers. */
export async function startSystem(customers: number): Promise<System> {
  const dir = await mkdtemp(join(tmpdir(), 'peak-braze-bench-'));
  const stops: (() => Promise<unknown>)[] = [() => rm(dir, { recursive: true, force: true })];
  const stop = async () => {
    for (const one of stops.splice(0)) await one();
  };
  try {
    const temporal = await startTemporal({ dir: join(dir, 'temporal'), headless: true, note });
    stops.unshift(() => temporal.stop());
    const postgres = await startPostgres({ dir: join(dir, 'postgres'), note, settings: POSTGRES_SETTINGS });
    stops.unshift(() => postgres.stop());
    const tenantUrl = await postgres.createDatabase('tenant');
    const ledgerUrl = await postgres.createDatabase('ledger');
    const lib = resolve(__dirname, '..');
    const emulator = join(lib, 'bench', 'emulator.js');
    const braze = await startProcess(process.execPath, [emulator], process.env, /emulator at (\S+)/);
    stops.unshift(() => stopProcess(braze.process));

    note(`Filling the source table with ${customers.toLocaleString('en-US')} customers…`);
    await fill(tenantUrl, customers);
    const configPath = join(dir, 'peak-braze.yaml');
    const configure = (requests: number) => writeFile(configPath, config(temporal.address, braze.match, requests));
    await configure(WITHOUT_LIMIT);
    const requestTimes = join(dir, 'requests.txt');
    await writeFile(requestTimes, '');
    const env = {
      ...process.env,
      BRAZE_API_KEY: DEFAULT_KEY,
      TENANT_URL: tenantUrl,
      LEDGER_URL: ledgerUrl,
      REQUEST_TIMES: requestTimes,
      NODE_OPTIONS: `--require ${join(lib, 'bench', 'requestTimes.js')}`,
    };
    const command = join(lib, '..', 'bin', 'peak-braze.js');
    const worker = await startProcess(command, ['worker', '--config', configPath], env, /worker +works on/);
    stops.unshift(() => stopProcess(worker.process));

    const connection = await Connection.connect({ address: temporal.address });
    stops.unshift(() => connection.close());
    const client = new Client({ connection });
    const access = { client, namespace: 'default', taskQueue: TASK_QUEUE, close: async () => {} };
    return {
      client,
      tenantUrl,
      workerPid: worker.process.pid!,
      requestTimes,
      stop,
      async conditions(limit, latencyMs) {
        const body = JSON.stringify({ rateLimit: limit, latencyMs });
        const answer = await fetch(`${braze.match}/emulator/faults`, { method: 'POST', body });
        if (!answer.ok) throw new Error(await answer.text());
        await configure(limit?.requests ?? WITHOUT_LIMIT);
      },
      async run(input = {}) {
        const { workflowId } = await startRun(access, { sync: 'churn', ...input }, 'run');
        const startedMs = Date.now();
        const summary: RunSummary = await client.workflow.getHandle(workflowId).result();
        return { workflowId, summary, wallMs: Date.now() - startedMs };
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function fill(url: string, customers: number): Promise<void> {
  const db = knex({ client: 'pg', connection: url });
  await db.raw(`create table predictive_attributes (customer_id text primary key, churn_probability double precision,
    predicted_value numeric(12,2), next_best_product text, expected_purchases numeric(8,3), model_version text,
    scored_at timestamptz, updated_at timestamptz not null)`);
  await db.raw(
    `insert into predictive_attributes
     select 'c' || lpad(((n::bigint * 7919) % 100000007)::text, 9, '0'), random() * 0.9, (random() * 5000)::numeric(12,2), 'product ' || n % 97,
            (random() * 10)::numeric(8,3), 'm1', now(), now() - interval '3 hours'
       from generate_series(1, ?) n`,
    [customers],
  );
  await db.raw('create index on predictive_attributes (updated_at, customer_id)');
  await db.raw('vacuum analyze predictive_attributes');
  await db.destroy();
}

/** Updates every row, as a model run does, and writes the changes to disk before anything is measured. */
export async function touch(url: string, set: string): Promise<void> {
  const db = knex({ client: 'pg', connection: url });
  await db.raw(`update predictive_attributes set ${set}, updated_at = now()`);
  await db.raw('vacuum analyze predictive_attributes');
  await db.raw('checkpoint');
  await db.destroy();
}

function config(address: string, endpoint: string, requests: number): string {
  return `
temporal: { address: "${address}", taskQueue: ${TASK_QUEUE} }
ledger: { url: "\${LEDGER_URL}" }
workspaces:
  bench: { restEndpoint: "${endpoint}", apiKey: "\${BRAZE_API_KEY}", rateLimit: { requests: ${requests}, perSeconds: 3 } }
sources: { tenant: { url: "\${TENANT_URL}" } }
syncs:
  churn:
    table: predictive_attributes
    attributes:
      churn_probability: { column: churn_probability, type: number, decimals: 2 }
      churn_risk: { column: churn_probability, bands: { low: 0, medium: 0.5, high: 0.8 }, hysteresis: 0.03 }
      predicted_value: { column: predicted_value, type: number, decimals: 0 }
      next_best_product: { column: next_best_product, type: string }
      churn_scored_at: { column: scored_at, type: date, onlyWithOthers: true }
    delivery: { settle: 0s }
`;
}

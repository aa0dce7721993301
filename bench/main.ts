import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { temporal as proto } from '@temporalio/proto';
import { Client, Connection } from '@temporalio/client';
import knex from 'knex';
import { DEFAULT_KEY } from '../emulators/braze/emulator';
import { startRun } from '../src/control/runs';
import { startPostgres } from '../src/local/postgres';
import { startTemporal } from '../src/local/temporal';
import type { RunSummary } from '../src/types';
import { measureEmulator } from './emulatorAlone';
import { peakMemoryMb, startProcess, stopProcess } from './processes';

const say = (line: string) => process.stderr.write(`${line}\n`);
const TASK_QUEUE = 'peak-braze-bench';

/**
 * Measures the whole system on this machine: a store of `customers` rows through a worker process and the emulator process,
 * against real Postgres and Temporal. Prints rates; judges nothing, for machines are noisy.
 *
 *   npm run bench -- --customers 500000
 *   npm run bench -- --emulator --customers 10000000    the emulator alone
 */
async function main(): Promise<void> {
  if (process.argv.includes('--emulator')) return measureEmulator(Number(option('--customers') ?? 2_000_000));
  const customers = Number(option('--customers') ?? 500_000);
  const dir = await mkdtemp(join(tmpdir(), 'peak-braze-bench-'));
  const stops: (() => Promise<unknown>)[] = [() => rm(dir, { recursive: true, force: true })];
  try {
    const temporal = await startTemporal({ dir: join(dir, 'temporal'), headless: true, say });
    stops.unshift(() => temporal.stop());
    const postgres = await startPostgres({ dir: join(dir, 'postgres'), say });
    stops.unshift(() => postgres.stop());
    const tenantUrl = await postgres.createDatabase('tenant');
    const ledgerUrl = await postgres.createDatabase('ledger');
    const lib = resolve(__dirname, '..');
    const braze = await startProcess(
      process.execPath,
      [join(lib, 'bench', 'emulator.js')],
      process.env,
      /emulator at (\S+)/,
    );
    stops.unshift(() => stopProcess(braze.process));

    say(`Filling the store with ${customers.toLocaleString('en-US')} customers…`);
    await fill(tenantUrl, customers);
    const configPath = join(dir, 'peak-braze.yaml');
    await writeFile(configPath, config(temporal.address, braze.said));
    const env = { ...process.env, BRAZE_API_KEY: DEFAULT_KEY, TENANT_URL: tenantUrl, LEDGER_URL: ledgerUrl };
    const worker = await startProcess(
      join(lib, '..', 'bin', 'peak-braze.js'),
      ['worker', '--config', configPath],
      env,
      /worker +works on/,
    );
    stops.unshift(() => stopProcess(worker.process));

    const connection = await Connection.connect({ address: temporal.address });
    stops.unshift(() => connection.close());
    const client = new Client({ connection });
    const access = { client, namespace: 'default', taskQueue: TASK_QUEUE, close: async () => {} };

    const measured = async (what: string) => {
      const run = await startRun(access, { sync: 'churn' }, 'run');
      const startedMs = Date.now();
      const summary: RunSummary = await client.workflow.getHandle(run.workflowId).result();
      await print(
        client,
        run.workflowId,
        what,
        summary,
        Date.now() - startedMs,
        await peakMemoryMb(worker.process.pid!),
      );
    };
    await measured('first run, everybody is new');
    await measured('nothing changed');
    await touch(tenantUrl, 'churn_probability = 1 - churn_probability, predicted_value = predicted_value + 5');
    await measured('every customer changed');
    await touch(tenantUrl, 'model_version = model_version');
    await measured('every row touched, nothing changed');
  } finally {
    for (const stop of stops) await stop();
  }
}

function option(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
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

async function touch(url: string, set: string): Promise<void> {
  const db = knex({ client: 'pg', connection: url });
  await db.raw(`update predictive_attributes set ${set}, updated_at = now()`);
  await db.raw('vacuum analyze predictive_attributes');
  await db.destroy();
}

function config(address: string, endpoint: string): string {
  return `
temporal: { address: "${address}", taskQueue: ${TASK_QUEUE} }
ledger: { url: "\${LEDGER_URL}" }
workspaces:
  bench: { restEndpoint: "${endpoint}", apiKey: "\${BRAZE_API_KEY}", rateLimit: { requests: 3000000, perSeconds: 3 } }
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

async function print(
  client: Client,
  workflowId: string,
  what: string,
  summary: RunSummary,
  wallMs: number,
  memoryMb: number | null,
): Promise<void> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const extraction = spanOf(events ?? [], 'extractChanges');
  const delivery = spanOf(events ?? [], 'postChunk');
  const perSecond = (n: number, ms: number) =>
    ms > 0 ? `${Math.round((n / ms) * 1000).toLocaleString('en-US')}/s` : '-';
  console.log(`${what}: ${summary.state}, ${(wallMs / 1000).toFixed(1)} s from start to recorded`);
  console.log(
    `  extraction ${perSecond(summary.candidates, extraction)} customers   ${(extraction / 1000).toFixed(1)} s`,
  );
  if (summary.requests > 0) {
    console.log(
      `  delivery   ${perSecond(summary.accepted, delivery)} customers   ${perSecond(summary.requests, delivery)} requests   ${(delivery / 1000).toFixed(1)} s`,
    );
    const per100k = ((events?.length ?? 0) / Math.max(1, summary.accepted)) * 100_000;
    console.log(`  Temporal   ${events?.length} events, ${per100k.toFixed(0)} per 100,000 customers`);
  }
  console.log(`  worker     peak memory ${memoryMb ?? '?'} MB so far`);
}

/** From the first activity of a kind scheduled to the last one completed, in ms. */
function spanOf(events: proto.api.history.v1.IHistoryEvent[], activity: string): number {
  const scheduled = new Set<number>();
  let from = Number.POSITIVE_INFINITY;
  let to = 0;
  for (const event of events) {
    const atMs = Number(event.eventTime?.seconds ?? 0) * 1000 + Number(event.eventTime?.nanos ?? 0) / 1e6;
    if (event.activityTaskScheduledEventAttributes?.activityType?.name === activity) {
      scheduled.add(Number(event.eventId));
      from = Math.min(from, atMs);
    }
    const done = event.activityTaskCompletedEventAttributes?.scheduledEventId;
    if (done !== undefined && done !== null && scheduled.has(Number(done))) to = Math.max(to, atMs);
  }
  return to === 0 ? 0 : to - from;
}

void main();

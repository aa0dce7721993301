import { Client } from 'pg';
import { withClient } from '../../demo/postgresClient';
import { LAST_WEEK, SampleShop } from '../../demo/sampleShop';
import { changeScores, type ScoreChange } from '../../demo/scoreChange';
import type { Score } from '../../demo/scores';
import { applyStagedScores, countChangedCustomers, createTables, stageScores, type ScoreRow } from '../../demo/tenant';
import { CliProblem, EXIT } from '../cli/shared/problem';
import { typed } from '../invocation';
import { isLoopback } from '../types/loopback';

const MODEL = 'churn';

/**
 * Marks a database as the sample tenant. Only `dev` creates this table, in the transaction that creates the tenant's tables.
 * The object ids identify those tables: a table that a user creates later under the same name belongs to the user.
 */
const CREATE_MARKER = `
  create table peak_braze_sample (
    predictive_attributes oid not null, model_runs oid not null,
    week int not null, scores_of_week int not null
  );
  comment on table peak_braze_sample is 'Created by peak-braze dev, which may overwrite the sample tenant in this database.';
  insert into peak_braze_sample
  values ('predictive_attributes'::regclass::oid, 'model_runs'::regclass::oid, 1, 1);`;

const READ_MARKER = `
  select week, scores_of_week as "scoresOfWeek" from peak_braze_sample
   where predictive_attributes = to_regclass('predictive_attributes')::oid and model_runs = to_regclass('model_runs')::oid
     for update`;

/** Any number: of two `dev` commands that start at once, one creates the tenant. */
const CREATION_LOCK = 7_203_302;

/** A model run of the sample tenant. */
export interface SampleModelRun {
  modelRun: string;
  /** Customers scored by this run. */
  customers: number;
  changedBy: ScoreChange['by'];
  /** Customers for whom the change was made, according to its share. */
  selectedCustomers: number;
  /** Customers with another predicted value than before this run. */
  changedCustomers: number;
  /** Of the simulated shop; the first model run is that of week 1. */
  week: number;
}

/**
 * Creates the sample tenant with one model run in an empty database; a database that has the source table stays unchanged.
 *
 * @returns the number of customers in the source table
 */
export function ensureSampleTenant(url: string): Promise<number> {
  return withClient(url, (client) =>
    inTransaction(client, async () => {
      await client.query('select pg_advisory_xact_lock($1)', [CREATION_LOCK]);
      const { rows } = await client.query(`select to_regclass('predictive_attributes') is not null as "exists"`);
      if (!rows[0].exists) {
        await createTables(client);
        await client.query(CREATE_MARKER);
        await publish(client, new SampleShop().scores(1));
      }
      const counted = await client.query(`select count(*)::int as "customers" from predictive_attributes`);
      return counted.rows[0].customers as number;
    }),
  );
}

/**
 * Publishes the next model run of the sample tenant, a week after the last one. Rows and model run appear together.
 *
 * @throws CliProblem when the URL leads to any database but the sample tenant of `dev`; that database stays unchanged
 */
export async function rescoreSampleTenant(url: string, change: ScoreChange): Promise<SampleModelRun> {
  const address = requireLoopback(url);
  let connected = false;
  try {
    return await withClient(url, (client) => {
      connected = true;
      return inTransaction(client, () => rescore(client, address, change));
    });
  } catch (error) {
    throw connected ? error : connectionProblem(error, address);
  }
}

async function rescore(client: Client, address: string, change: ScoreChange): Promise<SampleModelRun> {
  const last = await readMarker(client, address);
  const week = last.week + 1;
  if (week > LAST_WEEK) {
    throw new CliProblem(
      `The sample shop's log ends in week ${LAST_WEEK}. Start a new one in an empty folder: ${typed('dev')}`,
      EXIT.failed,
    );
  }
  const scoresOfWeek = change.by === 'week' ? week : last.scoresOfWeek;
  const scores = await nextScores(client, { week, scoresOfWeek, change });
  const { rows, customers: selectedCustomers } = changeScores(scores, change, week);
  const { modelRun, changedCustomers } = await publish(client, rows);
  await client.query('update peak_braze_sample set week = $1, scores_of_week = $2', [week, scoresOfWeek]);
  return { modelRun, customers: rows.length, changedBy: change.by, selectedCustomers, changedCustomers, week };
}

/** Locks the row until the transaction ends, so concurrent model runs follow one another. */
async function readMarker(client: Client, address: string): Promise<{ week: number; scoresOfWeek: number }> {
  const marked = await client.query(`select to_regclass('peak_braze_sample') is not null as "exists"`);
  const { rows } = marked.rows[0].exists ? await client.query(READ_MARKER) : { rows: [] };
  if (rows.length === 1) return rows[0] as { week: number; scoresOfWeek: number };
  throw notTheSample(address);
}

/**
 * A week brings new scores. Any other change applies to the current scores, so that a preview shows only that change; values
 * that an earlier run set to NULL or NaN are restored.
 */
async function nextScores(
  client: Client,
  { week, scoresOfWeek, change }: { week: number; scoresOfWeek: number; change: ScoreChange },
): Promise<Score[]> {
  const shop = new SampleShop();
  const ofThisRun = shop.scores(week);
  if (change.by === 'week') return ofThisRun;
  const intact = await intactScores(client);
  return shop.scores(scoresOfWeek).map((score, index) => {
    const { model_version, scored_at } = ofThisRun[index]!;
    return { ...score, ...intact.get(score.customer_id), model_version, scored_at };
  });
}

type Predicted = Pick<Score, 'churn_probability' | 'predicted_value' | 'next_best_product' | 'expected_purchases'>;

/** The predicted values of the rows that have all of them, by customer. */
async function intactScores(client: Client): Promise<Map<string, Predicted>> {
  const { rows } = await client.query<Predicted & { customer_id: string }>(`
    select customer_id, churn_probability, predicted_value::float8, next_best_product, expected_purchases::float8
      from predictive_attributes
     where churn_probability <> 'NaN' and predicted_value <> 'NaN' and expected_purchases <> 'NaN' and next_best_product is not null`);
  return new Map(rows.map((row) => [row.customer_id, row]));
}

/** Writes the rows and a completed model run with the next free number. */
async function publish(
  client: Client,
  rows: readonly ScoreRow[],
): Promise<{ modelRun: string; changedCustomers: number }> {
  await stageScores(client, rows);
  const changedCustomers = await countChangedCustomers(client);
  await applyStagedScores(client);
  const inserted = await client.query(
    `insert into model_runs (id, model, status, started_at, completed_at)
     select 'm' || coalesce(max(substring(id from '^m(\\d{1,9})$')::int), 0) + 1, $1, 'completed', now(), clock_timestamp()
       from model_runs
     returning id`,
    [MODEL],
  );
  return { modelRun: inserted.rows[0].id as string, changedCustomers };
}

async function inTransaction<Result>(client: Client, work: () => Promise<Result>): Promise<Result> {
  await client.query('begin');
  const result = await work();
  // After an error the connection ends, and with it the transaction.
  await client.query('commit');
  return result;
}

/** The address without the password, as the driver reads it: a parameter of the URL can override its host. */
function requireLoopback(url: string): string {
  const destination = destinationOf(url);
  if (destination === null) throw notTheSample('TENANT_URL');
  const { host, port, database } = destination;
  if (isLoopback(host)) return `${host}:${port}/${database}`;
  throw new CliProblem(
    `TENANT_URL names ${host}, which is not this machine. dev rescore changes only the sample tenant of peak-braze dev.`,
    EXIT.usage,
  );
}

function notTheSample(address: string): CliProblem {
  return new CliProblem(
    `${address} is not the sample tenant that peak-braze dev creates. Nothing was changed there.`,
    EXIT.usage,
  );
}

/** Null: not a Postgres URL. */
function destinationOf(url: string): Client | null {
  if (!/^postgres(ql)?:/i.test(url)) return null;
  try {
    return new Client({ connectionString: url });
  } catch {
    return null;
  }
}

/** SQLSTATEs of a server that is not that of `dev`: it refuses the password or has no such database. */
const REFUSALS = ['28P01', '28000', '3D000'];

function connectionProblem(error: unknown, address: string): CliProblem {
  if (REFUSALS.includes(String((error as { code?: unknown }).code))) return notTheSample(address);
  return new CliProblem(`The sample tenant does not answer at ${address}. Start it: ${typed('dev')}`, EXIT.failed);
}

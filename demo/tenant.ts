import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import type { Client } from 'pg';
import { withClient } from './postgresClient';
import type { Score } from './scores';

/** A tenant's tables, as the documentation and the example config describe them. */
const SCHEMA = `
  create table model_runs (
    id text primary key, model text not null, status text not null,
    started_at timestamptz not null default now(), completed_at timestamptz
  );
  create table predictive_attributes (
    customer_id text primary key,
    churn_probability double precision,
    predicted_value numeric(12,2),
    next_best_product text,
    expected_purchases numeric(8,3),
    model_version text,
    scored_at timestamptz,
    updated_at timestamptz not null
  );
  create index on predictive_attributes (updated_at, customer_id);`;

const SCORE_COLUMNS = [
  'customer_id',
  'churn_probability',
  'predicted_value',
  'next_best_product',
  'expected_purchases',
  'model_version',
  'scored_at',
] as const satisfies readonly (keyof Score)[];

/** The predictions; the other columns identify the customer, the time and the model. */
export const PREDICTED_COLUMNS = [
  'churn_probability',
  'predicted_value',
  'next_best_product',
  'expected_purchases',
] as const satisfies readonly (keyof Score)[];
type PredictedColumn = (typeof PREDICTED_COLUMNS)[number];

const ROWS_PER_WRITE = 1_000;

/** Creates the tables in an empty database. */
export async function createTenant(url: string): Promise<void> {
  await withClient(url, createTables);
}

/** {@link createTenant} on a connection of the caller. */
export async function createTables(client: Client): Promise<void> {
  await client.query(SCHEMA);
}

/** A score as the table holds it: the predicted values are null where a prediction failed. */
export type ScoreRow = {
  [Column in keyof Score]: Column extends PredictedColumn ? Score[Column] | null : Score[Column];
};

interface ModelRun {
  id: string;
  model: string;
  scores: readonly ScoreRow[];
  /** When the run took place, as a timestamp of the database; absent: now, by the database's clock. */
  at?: string;
}

/**
 * Publishes a model run as a tenant does: `running` is visible first; then one transaction writes every score and stamps all rows
 * with its start; then the run is `completed`. Customers without a score in this run keep the one they had.
 */
export async function publishModelRun(url: string, { id, model, scores, at }: ModelRun): Promise<void> {
  await withClient(url, async (client) => {
    await client.query(
      `insert into model_runs (id, model, status, started_at)
       values ($1, $2, 'running', coalesce($3::timestamptz, clock_timestamp()))`,
      [id, model, at],
    );
    await client.query('begin');
    await stageScores(client, scores);
    await applyStagedScores(client, at);
    await client.query('commit');
    await client.query(
      `update model_runs set status = 'completed', completed_at = coalesce($2::timestamptz, clock_timestamp()) where id = $1`,
      [id, at],
    );
    await client.query('analyze predictive_attributes');
  });
}

/** Loads scores into the temporary table `scores`, which the end of the caller's transaction drops. */
export async function stageScores(client: Client, scores: readonly ScoreRow[]): Promise<void> {
  const columns = SCORE_COLUMNS.join(', ');
  await client.query(
    `create temporary table scores on commit drop as select ${columns} from predictive_attributes with no data`,
  );
  await pipeline(Readable.from(copyText(scores)), client.query(copyFrom(`copy scores (${columns}) from stdin`)));
}

/** Customers for whom the staged scores hold another predicted value than the table does. */
export async function countChangedCustomers(client: Client): Promise<number> {
  const values = (table: string) => PREDICTED_COLUMNS.map((column) => `${table}.${column}`).join(', ');
  const { rows } = await client.query<{ changed: number }>(
    `select count(*)::int as "changed"
       from scores left join predictive_attributes as current using (customer_id)
      where (${values('scores')}) is distinct from (${values('current')})`,
  );
  return rows[0]!.changed;
}

/** Writes the staged scores; `at` as in {@link publishModelRun}. */
export async function applyStagedScores(client: Client, at?: string): Promise<void> {
  const columns = SCORE_COLUMNS.join(', ');
  const updates = SCORE_COLUMNS.slice(1).map((column) => `${column} = excluded.${column}`);
  await client.query(
    `insert into predictive_attributes (${columns}, updated_at)
     select ${columns}, coalesce($1::timestamptz, now()) from scores
     on conflict (customer_id) do update set ${updates.join(', ')}, updated_at = excluded.updated_at`,
    [at],
  );
}

/** The rows in COPY's text format, a thousand at a time: one write a row would cost more than the row. */
function* copyText(scores: readonly ScoreRow[]): Generator<string> {
  for (let from = 0; from < scores.length; from += ROWS_PER_WRITE) {
    yield scores
      .slice(from, from + ROWS_PER_WRITE)
      .map((score) => `${SCORE_COLUMNS.map((column) => copyValue(score[column])).join('\t')}\n`)
      .join('');
  }
}

function copyValue(value: string | number | null): string {
  if (value === null) return '\\N';
  return String(value).replace(/[\\\t\n\r]/g, (character) => `\\${character}`);
}

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import { withClient } from './postgresClient';
import type { Score } from './scores';

/** A tenant's store, as docs/ and the example config describe it. */
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

const ROWS_PER_WRITE = 1_000;

/** Creates the tables in an empty database. */
export async function createTenant(url: string): Promise<void> {
  await withClient(url, (client) => client.query(SCHEMA));
}

interface ModelRun {
  id: string;
  model: string;
  scores: readonly Score[];
  /** When the run took place, as a timestamp of the database; absent: now, by the database's clock. */
  at?: string;
}

/**
 * A model run as a tenant sees it: `running` is visible first; then every score is written by one transaction, which stamps
 * all rows with its start; then the run is `completed`. Customers without a score keep the one they had.
 */
export async function publishModelRun(url: string, { id, model, scores, at }: ModelRun): Promise<void> {
  const columns = SCORE_COLUMNS.join(', ');
  const updates = SCORE_COLUMNS.slice(1).map((column) => `${column} = excluded.${column}`);
  await withClient(url, async (client) => {
    await client.query(
      `insert into model_runs (id, model, status, started_at)
       values ($1, $2, 'running', coalesce($3::timestamptz, clock_timestamp()))`,
      [id, model, at],
    );
    await client.query('begin');
    await client.query(
      `create temporary table scores on commit drop as select ${columns} from predictive_attributes with no data`,
    );
    await pipeline(Readable.from(copyText(scores)), client.query(copyFrom(`copy scores (${columns}) from stdin`)));
    await client.query(
      `insert into predictive_attributes (${columns}, updated_at)
       select ${columns}, coalesce($1::timestamptz, now()) from scores
       on conflict (customer_id) do update set ${updates.join(', ')}, updated_at = excluded.updated_at`,
      [at],
    );
    await client.query('commit');
    await client.query(
      `update model_runs set status = 'completed', completed_at = coalesce($2::timestamptz, clock_timestamp()) where id = $1`,
      [id, at],
    );
    await client.query('analyze predictive_attributes');
  });
}

/** The rows in COPY's text format, a thousand at a time: one write a row would cost more than the row. */
function* copyText(scores: readonly Score[]): Generator<string> {
  for (let from = 0; from < scores.length; from += ROWS_PER_WRITE) {
    yield scores
      .slice(from, from + ROWS_PER_WRITE)
      .map((score) => `${SCORE_COLUMNS.map((column) => escaped(String(score[column]))).join('\t')}\n`)
      .join('');
  }
}

function escaped(text: string): string {
  return text.replace(/[\\\t\n\r]/g, (character) => `\\${character}`);
}

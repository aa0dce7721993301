import type { Knex } from 'knex';

/** What guards need to know of a run, and what `status` needs to say of one that is held or paused. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    alter table runs
      -- Counted page by page: customers compared, and by the attributes' place in the mapping how many have no value or one
      -- outside the declared range.
      add column figures jsonb,
      -- Rows that the model run says it wrote.
      add column model_run_rows float8,
      add column hold_cause text,
      -- The first pause or hold: holdFor counts from here.
      add column stopped_at timestamptz;
  `);
}

export async function down(): Promise<void> {
  throw new Error('The ledger only moves forward.');
}

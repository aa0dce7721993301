import type { Knex } from 'knex';

/** Which notifications were sent, the kind of hold a run is in, and which config file each worker reads. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    -- Says which decision applies: a guard is approved, a refused key is replaced and then retried.
    alter table runs add column if not exists hold_cause text;

    -- One row per change of state that people are notified of. Never the URL it was sent to, which is a secret.
    create table notices (
      run int not null references runs,
      -- held-2, going-on-2, or how the run ended.
      change text not null,
      at timestamptz not null default clock_timestamp(),
      delivered boolean not null default false,
      -- Why it did not arrive, as a short code; null while it is on its way.
      failed text,
      primary key (run, change)
    );

    -- The config file that the workers of a machine read last, as a hash.
    create table worker_configs (
      host text not null,
      task_queue text not null,
      hash text not null,
      changed_at timestamptz not null default now(),
      primary key (host, task_queue)
    );
  `);
}

export async function down(): Promise<void> {
  throw new Error('The ledger only moves forward.');
}

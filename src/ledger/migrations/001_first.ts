import type { Knex } from 'knex';

/**
 * The first ledger. Measured rules of the hot tables: `acknowledged` has its primary key only, a small integer for workspace
 * and sync together (`targets`), space on its pages for updates in place (fillfactor 70) and values as text, never jsonb.
 * Customer ids collate "C": their order is never shown, and comparing bytes is cheaper.
 */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table settings (name text primary key, value text not null);
    insert into settings values ('key-salt', replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''));

    create table workspaces (
      id int generated always as identity primary key,
      name text not null unique,
      endpoint text not null,
      -- The pace: when the next request to this workspace may start. Shared by every worker and sync.
      next_slot timestamptz not null default now()
    );
    create table workspace_keys (
      workspace_id int not null references workspaces,
      key_hash text not null,
      seen_at timestamptz not null default now(),
      primary key (workspace_id, key_hash)
    );

    -- Whose profiles acknowledged values belong to.
    create table targets (
      id int generated always as identity primary key,
      workspace_id int not null references workspaces,
      sync text not null,
      identifier text not null,
      alias_label text not null default '',
      unique (workspace_id, sync, identifier, alias_label)
    );

    create table runs (
      number int generated always as identity primary key,
      sync text not null,
      mode text not null,
      namespace text not null,
      workflow_id text not null,
      -- Identity: opening twice gives one row, and a chain of continued executions is one run.
      first_run_id text not null unique,
      request jsonb not null,
      state text not null,
      state_since timestamptz not null default now(),
      hold int,
      held_because text,
      waiting_for text,
      waiting_since timestamptz,
      target_id int references targets,
      settings jsonb,
      types jsonb,
      fingerprint text,
      whole_store boolean not null default false,
      model_run text,
      model_run_completed_at text,
      window_from text,
      window_to text,
      cursor jsonb,
      extracted boolean not null default false,
      staged int not null default 0,
      in_flight_per_chunk int,
      candidates int not null default 0,
      changed int not null default 0,
      planned_values int not null default 0,
      known_changed int not null default 0,
      known_cleared int not null default 0,
      known_customers int not null default 0,
      rejected_before_sending int not null default 0,
      newly_rejected int not null default 0,
      accepted int not null default 0,
      rejected int not null default 0,
      requests int not null default 0,
      values_sent int not null default 0,
      started_at timestamptz not null default now(),
      finished_at timestamptz
    );
    create index on runs (sync, number desc);

    create table outbox (
      run int not null,
      seq int not null,
      customer text collate "C" not null,
      body text not null,
      new_values text not null,
      value_count smallint not null,
      primary key (run, seq),
      unique (run, customer)
    );

    create table receipts (
      run int not null,
      from_seq int not null,
      to_seq int not null,
      requests int not null,
      accepted int not null,
      rejected int not null,
      values_sent int not null,
      at timestamptz not null default clock_timestamp(),
      primary key (run, from_seq)
    );

    create table claims (
      run int not null,
      chunk int not null,
      claim text not null,
      renewed_at timestamptz not null default clock_timestamp(),
      released boolean not null default false,
      -- An earlier attempt may have sent what has no receipt.
      lost_answers boolean not null default false,
      from_seq int not null,
      to_seq int not null,
      primary key (run, chunk)
    );

    create table acknowledged (
      target_id int not null,
      customer text collate "C" not null,
      values text not null,
      run int not null,
      at timestamptz not null default now(),
      primary key (target_id, customer)
    ) with (fillfactor = 70);

    create table uncertain (
      target_id int not null,
      customer text collate "C" not null,
      attributes text[] not null,
      run int not null,
      primary key (target_id, customer)
    );

    create table rejections (
      id bigint generated always as identity primary key,
      target_id int not null,
      customer text collate "C",
      attribute text,
      reason text not null,
      message text not null,
      -- Distinguishes the same value from a new one without keeping it.
      value_hash text not null,
      tries int not null default 1,
      run int not null,
      at timestamptz not null default now(),
      open boolean not null default true
    );
    create unique index on rejections (target_id, customer, coalesce(attribute, '')) where open;
    create index on rejections (run);

    create table selections (
      id text not null,
      customer text collate "C" not null,
      at timestamptz not null default now(),
      primary key (id, customer)
    );

    create table leases (
      kind text not null,
      name text not null,
      holder int references runs,
      -- Not before this: by then the requests in flight of a lost sender have reached Braze.
      ready_at timestamptz not null default clock_timestamp(),
      predecessor int references runs,
      primary key (kind, name)
    );
    create table lease_line (
      kind text not null,
      name text not null,
      run int not null references runs,
      backfill boolean not null,
      asked_at timestamptz not null default clock_timestamp(),
      seen_at timestamptz not null default clock_timestamp(),
      primary key (kind, name, run)
    );
  `);
}

export async function down(): Promise<void> {
  throw new Error('The ledger only moves forward.');
}

import type { Knex } from 'knex';

/**
 * What delivery to Braze needs to remember: Braze's request ids, when a run last sent something, the type that each attribute
 * was sent as, since when a customer's values need no refresh, and how many rate slots of a workspace were ever granted.
 */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    -- Counted when extraction ends: a row that is read again in one run replaces its flags, so nobody counts twice.
    alter table outbox
      -- Braze had acknowledged values of this customer, and one of them changes …
      add column known boolean not null default false,
      -- … or is removed.
      add column clears boolean not null default false,
      -- Nothing changed: sent again because of its age.
      add column refresh boolean not null default false,
      -- The body carries every value there is of the customer.
      add column whole boolean not null default false;

    -- Braze's x-request-id of each answer, blanks between them; its support asks for them.
    alter table receipts add column request_ids text not null default '';

    alter table runs
      add column refreshed int not null default 0,
      -- Something was sent until then whose answer never came: no receipt records the time.
      add column unanswered_at timestamptz;

    -- No value of this customer was acknowledged before this.
    alter table acknowledged add column whole_at timestamptz not null default now();

    -- Braze keeps the type of the first value it got of an attribute, and silently drops other types.
    create table sent_types (
      workspace_id int not null references workspaces,
      attribute text not null,
      type text not null,
      run int not null,
      primary key (workspace_id, attribute)
    );

    alter table workspaces
      -- Every slot that was ever handed out has a number; this is the last.
      add column slots bigint not null default 0,
      -- The clock hour in which the next slot lies, and how many were handed out of it.
      add column hour timestamptz,
      add column hour_used int not null default 0;
  `);
}

export async function down(): Promise<void> {
  throw new Error('The ledger only moves forward.');
}

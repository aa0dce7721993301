import type { Knex } from 'knex';

/**
 * Forgotten customers, as salted hashes (docs/decisions/015), and views for users who prefer SQL to commands. A view names its
 * columns, because other programs rely on them (docs/sql.md).
 */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table suppressed (
      hash bytea primary key,
      at timestamptz not null default clock_timestamp()
    );

    create view v_runs as
      select r.number as run, r.sync, w.name as workspace, r.mode, r.state, r.model_run, r.window_from, r.window_to,
             r.candidates, r.changed,
             coalesce(s.accepted, r.accepted) as accepted,
             coalesce(s.rejected + r.rejected_before_sending, r.rejected) as rejected,
             coalesce(s.requests, r.requests) as requests,
             coalesce(s.values_sent, r.values_sent) as values_sent,
             greatest(0, r.candidates::bigint * coalesce(jsonb_array_length(r.settings -> 'attributes'), 0)
                           - coalesce(s.values_sent, r.values_sent)) as values_avoided,
             r.held_because, r.started_at, r.finished_at
        from runs r
        left join targets t on t.id = r.target_id
        left join workspaces w on w.id = t.workspace_id
        -- While a run is open its receipts are the count; closing writes the totals into its row.
        left join lateral (
          select coalesce(sum(accepted), 0)::int as accepted, coalesce(sum(rejected), 0)::int as rejected,
                 coalesce(sum(requests), 0)::int as requests, coalesce(sum(values_sent), 0)::int as values_sent
            from receipts where run = r.number
        ) s on r.finished_at is null;

    create view v_savings_by_month as
      select date_trunc('month', started_at at time zone 'UTC')::date as month, sync, workspace, count(*)::int as runs,
             sum(requests)::bigint as requests, sum(values_sent)::bigint as values_sent,
             sum(values_avoided)::bigint as values_avoided, sum(accepted)::bigint as customers_accepted
        from v_runs
       group by 1, 2, 3;

    create view v_acknowledged as
      select t.sync, w.name as workspace, t.identifier, nullif(t.alias_label, '') as alias_label, a.customer,
             a.values::jsonb as values, a.at, a.run, r.model_run
        from acknowledged a
        join targets t on t.id = a.target_id
        join workspaces w on w.id = t.workspace_id
        left join runs r on r.number = a.run;

    create view v_rejections as
      select t.sync, w.name as workspace, j.run, j.customer, j.attribute, j.reason, j.message, j.tries, j.at, j.open
        from rejections j
        join targets t on t.id = j.target_id
        join workspaces w on w.id = t.workspace_id;
  `);
}

export async function down(): Promise<void> {
  throw new Error('The ledger only moves forward.');
}

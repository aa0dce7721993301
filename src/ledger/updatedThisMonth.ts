import type { Identifier } from '../types/settings';
import type { Ledger } from './open';
import { query } from './query';
import { labelOf } from './workspaces';

/** When the current calendar month began, in UTC, by the ledger's clock. */
const MONTH = `(date_trunc('month', now() at time zone 'UTC') at time zone 'UTC')`;

/**
 * Targets whose customers may have been updated this month, of all syncs of a workspace: Braze counts a customer once a month,
 * whichever sync updated them. Their ids are compared as texts, so only targets with the same kind of identifier (and alias
 * label) are among them: that an email address and an external id are one customer, the ledger cannot know. A target without a
 * run that was open this month has had nothing accepted this month.
 */
export async function targetsUpdatedThisMonth(
  ledger: Ledger,
  workspace: string,
  identifier: Identifier,
): Promise<number[]> {
  const { rows } = await query<{ id: number }>(
    ledger,
    `select t.id from targets t join workspaces w on w.id = t.workspace_id
      where w.name = :workspace and t.identifier = :identifier and t.alias_label = :label
        and exists (select from runs r where r.target_id = t.id and (r.finished_at is null or r.finished_at >= ${MONTH}))`,
    { workspace, identifier: identifier.kind, label: labelOf(identifier) },
  );
  return rows.map(({ id }) => id);
}

/**
 * How many of these customers Braze has accepted an update of this month, in any of these targets. Asked page by page: for a list of
 * ids Postgres looks into the index, while one join with a whole outbox took 4 to 60 s for a million rows, as its statistics were.
 */
export async function countUpdatedThisMonth(ledger: Ledger, targets: number[], customers: string[]): Promise<number> {
  if (targets.length === 0 || customers.length === 0) return 0;
  const { rows } = await query<{ n: number }>(
    ledger,
    `select count(distinct customer)::int as n from acknowledged
      where target_id = any(:targets::int[]) and customer = any(:customers::text[]) and at >= ${MONTH}`,
    { targets, customers },
  );
  return rows[0]!.n;
}

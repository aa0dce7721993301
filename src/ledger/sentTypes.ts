import type { AttributeType } from '../types/settings';
import type { Ledger } from './open';
import { query } from './query';

/** The type that an attribute was first sent as. */
export interface SentType {
  type: AttributeType;
  /** The run that first sent it as this type. */
  run: number;
}

/** The type that each attribute of a workspace was first sent as, by any sync: Braze keeps that type for all of them. */
export async function sentTypes(ledger: Ledger, workspace: string): Promise<Map<string, SentType>> {
  const { rows } = await query<SentType & { attribute: string }>(
    ledger,
    `select s.attribute, s.type, s.run from sent_types s join workspaces w on w.id = s.workspace_id where w.name = :workspace`,
    { workspace },
  );
  return new Map(rows.map(({ attribute, ...sent }) => [attribute, sent]));
}

/** Records the types that a run sent these attributes as; the type that was recorded first stays. */
export async function rememberSentTypes(
  ledger: Ledger,
  workspaceId: number,
  run: number,
  types: Readonly<Record<string, AttributeType>>,
): Promise<void> {
  await query(
    ledger,
    `insert into sent_types (workspace_id, attribute, type, run)
     select :workspaceId, attribute, type, :run from unnest(:attributes::text[], :types::text[]) as t(attribute, type) on conflict do nothing`,
    { workspaceId, run, attributes: Object.keys(types), types: Object.values(types) },
  );
}

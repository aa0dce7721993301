import type { AttributeType } from '../types/settings';
import type { Ledger } from './open';

export interface SentType {
  type: AttributeType;
  /** The run that first sent it as this. */
  run: number;
}

/** As what each attribute of a workspace was first sent, whichever sync sent it: Braze keeps that type for all of them. */
export async function sentTypes(ledger: Ledger, workspace: string): Promise<Map<string, SentType>> {
  const { rows } = await ledger.raw(
    `select s.attribute, s.type, s.run from sent_types s join workspaces w on w.id = s.workspace_id where w.name = ?`,
    [workspace],
  );
  return new Map(rows.map(({ attribute, ...sent }: SentType & { attribute: string }) => [attribute, sent]));
}

/** The first type stays. */
export async function rememberSentTypes(
  ledger: Ledger,
  workspaceId: number,
  run: number,
  types: Readonly<Record<string, AttributeType>>,
): Promise<void> {
  await ledger.raw(
    `insert into sent_types (workspace_id, attribute, type, run)
     select ?, attribute, type, ? from unnest(?::text[], ?::text[]) as t(attribute, type) on conflict do nothing`,
    [workspaceId, run, Object.keys(types), Object.values(types)],
  );
}

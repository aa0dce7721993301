import { createHmac } from 'node:crypto';
import type { Identifier } from '../types/settings';
import type { Ledger } from './open';

export interface KnownWorkspace {
  id: number;
  /** The endpoint this workspace's acknowledged values were accepted by. */
  endpoint: string;
}

/** Finds a workspace by name; the first endpoint that accepted something under this name is its endpoint. */
export async function knownWorkspace(ledger: Ledger, name: string, endpoint: string): Promise<KnownWorkspace> {
  await ledger.raw('insert into workspaces (name, endpoint) values (?, ?) on conflict (name) do nothing', [
    name,
    endpoint,
  ]);
  // Until Braze has accepted something under this name, a mistyped endpoint may simply be mended.
  await ledger.raw(
    `update workspaces w set endpoint = ? where name = ? and endpoint <> ?
        and not exists (select from targets t join acknowledged a on a.target_id = t.id where t.workspace_id = w.id)
        and not exists (select from targets t join uncertain u on u.target_id = t.id where t.workspace_id = w.id)`,
    [endpoint, name, endpoint],
  );
  const { rows } = await ledger.raw('select id, endpoint from workspaces where name = ?', [name]);
  return rows[0];
}

/** As {@link knownWorkspace}, but only looks: null when no run has used it yet. */
export async function findWorkspace(ledger: Ledger, name: string): Promise<KnownWorkspace | null> {
  const { rows } = await ledger.raw('select id, endpoint from workspaces where name = ?', [name]);
  return rows[0] ?? null;
}

/** Whether a key was used with this workspace before. The ledger keeps a salted hash, never the key. */
export async function keyStanding(
  ledger: Ledger,
  workspaceId: number,
  key: string,
): Promise<'known' | 'first' | 'unseen'> {
  const hash = await hashKey(ledger, key);
  const { rows } = await ledger.raw('select key_hash from workspace_keys where workspace_id = ?', [workspaceId]);
  if (rows.length === 0) return 'first';
  return rows.some((row: { key_hash: string }) => row.key_hash === hash) ? 'known' : 'unseen';
}

export async function rememberKey(ledger: Ledger, workspaceId: number, key: string): Promise<void> {
  await ledger.raw('insert into workspace_keys (workspace_id, key_hash) values (?, ?) on conflict do nothing', [
    workspaceId,
    await hashKey(ledger, key),
  ]);
}

/** Whose profiles a sync writes to: acknowledged values of another workspace or identifier mean nothing here. */
export async function targetOf(
  ledger: Ledger,
  workspaceId: number,
  sync: string,
  identifier: Identifier,
): Promise<number> {
  const label = identifier.kind === 'alias' ? identifier.label : '';
  const key = [workspaceId, sync, identifier.kind, label];
  await ledger.raw(
    'insert into targets (workspace_id, sync, identifier, alias_label) values (?, ?, ?, ?) on conflict do nothing',
    key,
  );
  const { rows } = await ledger.raw(
    'select id from targets where workspace_id = ? and sync = ? and identifier = ? and alias_label = ?',
    key,
  );
  return rows[0].id;
}

/** As {@link targetOf}, but only looks: null when the sync has never run against it. */
export async function findTarget(
  ledger: Ledger,
  workspace: string,
  sync: string,
  identifier: Identifier,
): Promise<number | null> {
  const { rows } = await ledger.raw(
    `select t.id from targets t join workspaces w on w.id = t.workspace_id
      where w.name = ? and t.sync = ? and t.identifier = ? and t.alias_label = ?`,
    [workspace, sync, identifier.kind, identifier.kind === 'alias' ? identifier.label : ''],
  );
  return rows[0]?.id ?? null;
}

async function hashKey(ledger: Ledger, key: string): Promise<string> {
  const { rows } = await ledger.raw("select value from settings where name = 'key-salt'");
  return createHmac('sha256', rows[0].value).update(key).digest('hex');
}

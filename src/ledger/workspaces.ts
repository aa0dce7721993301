import { createHmac } from 'node:crypto';
import type { Identifier } from '../types/settings';
import type { Ledger } from './open';
import { query } from './query';

/** A workspace that some run has used. */
export interface WorkspaceRow {
  id: number;
  /** The endpoint that accepted this workspace's acknowledged values. */
  endpoint: string;
}

/** Finds a workspace by name; the first endpoint that accepted something under this name is its endpoint. */
export async function ensureWorkspace(ledger: Ledger, name: string, endpoint: string): Promise<WorkspaceRow> {
  await query(
    ledger,
    'insert into workspaces (name, endpoint) values (:name, :endpoint) on conflict (name) do nothing',
    { name, endpoint },
  );
  // A mistyped endpoint may be corrected until Braze has accepted something under this name.
  await query(
    ledger,
    `update workspaces w set endpoint = :endpoint where name = :name and endpoint <> :endpoint
        and not exists (select from targets t join acknowledged a on a.target_id = t.id where t.workspace_id = w.id)
        and not exists (select from targets t join uncertain u on u.target_id = t.id where t.workspace_id = w.id)`,
    { name, endpoint },
  );
  return (await findWorkspace(ledger, name))!;
}

/** Like {@link ensureWorkspace}, but read-only: null when no run has used it yet. */
export async function findWorkspace(ledger: Ledger, name: string): Promise<WorkspaceRow | null> {
  const { rows } = await query<WorkspaceRow>(ledger, 'select id, endpoint from workspaces where name = :name', {
    name,
  });
  return rows[0] ?? null;
}

/** Whether a key was used with this workspace before. The ledger keeps a salted hash, never the key. */
export async function keyStatus(
  ledger: Ledger,
  workspaceId: number,
  key: string,
): Promise<'known' | 'first' | 'unseen'> {
  const hash = await hashKey(ledger, key);
  const { rows } = await query<{ keyHash: string }>(
    ledger,
    'select key_hash as "keyHash" from workspace_keys where workspace_id = :workspaceId',
    { workspaceId },
  );
  if (rows.length === 0) return 'first';
  return rows.some(({ keyHash }) => keyHash === hash) ? 'known' : 'unseen';
}

/** Records that a key was used with this workspace. */
export async function rememberKey(ledger: Ledger, workspaceId: number, key: string): Promise<void> {
  await query(
    ledger,
    'insert into workspace_keys (workspace_id, key_hash) values (:workspaceId, :hash) on conflict do nothing',
    { workspaceId, hash: await hashKey(ledger, key) },
  );
}

/**
 * Whose profiles a sync writes to, recorded by the first run: acknowledged values of another workspace or identifier do not
 * apply.
 */
export async function ensureTarget(
  ledger: Ledger,
  workspaceId: number,
  sync: string,
  identifier: Identifier,
): Promise<number> {
  const target = { workspaceId, sync, identifier: identifier.kind, label: labelOf(identifier) };
  await query(
    ledger,
    `insert into targets (workspace_id, sync, identifier, alias_label)
     values (:workspaceId, :sync, :identifier, :label) on conflict do nothing`,
    target,
  );
  const { rows } = await query<{ id: number }>(
    ledger,
    `select id from targets
      where workspace_id = :workspaceId and sync = :sync and identifier = :identifier and alias_label = :label`,
    target,
  );
  return rows[0]!.id;
}

/** Like {@link ensureTarget}, but read-only: null when the sync has never run against it. */
export async function findTarget(
  ledger: Ledger,
  workspace: string,
  sync: string,
  identifier: Identifier,
): Promise<number | null> {
  const { rows } = await query<{ id: number }>(
    ledger,
    `select t.id from targets t join workspaces w on w.id = t.workspace_id
      where w.name = :workspace and t.sync = :sync and t.identifier = :identifier and t.alias_label = :label`,
    { workspace, sync, identifier: identifier.kind, label: labelOf(identifier) },
  );
  return rows[0]?.id ?? null;
}

/** The alias label of an identifier as `targets` keeps it: empty for the other kinds. */
export function labelOf(identifier: Identifier): string {
  return identifier.kind === 'alias' ? identifier.label : '';
}

async function hashKey(ledger: Ledger, key: string): Promise<string> {
  const { rows } = await query<{ value: string }>(ledger, "select value from settings where name = 'key-salt'");
  return createHmac('sha256', rows[0]!.value).update(key).digest('hex');
}

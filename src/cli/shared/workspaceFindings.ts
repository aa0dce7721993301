import type { Config } from '../../config/config';
import { typed } from '../../invocation';
import type { Ledger } from '../../ledger/open';
import { findWorkspace, keyStatus } from '../../ledger/workspaces';
import { sameHost } from '../../planning/workspaceAccess';
import type { SyncSettings } from '../../types/settings';
import { error, warn, type Finding } from './finding';
import type { LineFinder } from './lineFinder';
import { unlessMissing } from './unlessMissing';

/** A workspace that is sent to, with its key. */
export interface UsedWorkspace {
  name: string;
  endpoint: string;
  key: string;
  /** The syncs that send to it, at least one. */
  syncs: readonly SyncSettings[];
}

/** Those that a sync sends to, without those whose address or key is a missing variable. */
export function usedWorkspaces(config: Config): UsedWorkspace[] {
  return Object.keys(config.workspaces).flatMap((name) => {
    const syncs = Object.values(config.syncs).filter(({ workspace }) => workspace.name === name);
    const endpoint = unlessMissing(() => config.workspaces[name]!.endpoint);
    const key = unlessMissing(() => config.apiKey(name).value);
    return syncs.length === 0 || endpoint === null || key === null ? [] : [{ name, endpoint, key, syncs }];
  });
}

/** What a run would hold for: acknowledged values belong to one workspace. */
export async function workspaceFindings(
  { name, endpoint, key, syncs }: UsedWorkspace,
  ledger: Ledger | null,
  lineOf: LineFinder,
): Promise<Finding[]> {
  const recorded = ledger === null ? null : await findWorkspace(ledger, name);
  if (ledger === null || recorded === null) return [];
  if (!sameHost(recorded.endpoint, endpoint)) {
    return [
      error(
        'braze',
        `${name}: its runs sent to ${recorded.endpoint}; the config now has ${endpoint}. The next run will be held. ` +
          'Restore restEndpoint, or give the other workspace a new name.',
        lineOf(['workspaces', name, 'restEndpoint']),
      ),
    ];
  }
  if ((await keyStatus(ledger, recorded.id, key)) !== 'unseen') return [];
  return [
    warn(
      'braze',
      `${name}: the key is new, so the next run is held once and needs approval. ` +
        `If it belongs to another workspace, give that one a new name. If it was rotated: ${typed(`approve ${syncs[0]!.sync}`)}`,
      lineOf(['workspaces', name, 'apiKey']),
    ),
  ];
}

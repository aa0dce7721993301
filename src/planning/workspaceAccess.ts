import type { BrazeClient } from '../braze/client';
import { keyStatus, ensureWorkspace, rememberKey } from '../ledger/workspaces';
import { isLoopback } from '../types/loopback';
import type { WorkspaceSettings } from '../types/settings';
import type { EngineDeps } from './engineDeps';
import { HoldError } from './holdError';

/** What a run needs to send to a workspace. */
export interface WorkspaceAccess {
  workspaceId: number;
  client: BrazeClient;
  /** What to do when Braze refuses the key, as sentences. */
  keyAdvice: string;
}

/**
 * Opens a workspace with the current key, and remembers both. Acknowledged values belong to one workspace, so another host
 * under its name holds the run until the config is corrected, and an unknown key until it is approved.
 *
 * @param keyConfirmed the operator has approved a key that was not used before
 * @throws HoldError when the endpoint has another host, or the key is unknown and not approved
 * @throws InvalidConfiguration when the config file is missing or wrong
 */
export async function ensureWorkspaceAccess(
  { ledger, readConfiguration, braze }: Pick<EngineDeps, 'ledger' | 'readConfiguration' | 'braze'>,
  workspace: WorkspaceSettings,
  keyConfirmed: boolean,
): Promise<WorkspaceAccess> {
  const key = readConfiguration().apiKey(workspace.name);
  const known = await ensureWorkspace(ledger, workspace.name, workspace.endpoint);
  if (!sameHost(known.endpoint, workspace.endpoint)) {
    throw new HoldError({
      cause: 'workspace-moved',
      because:
        `Workspace ${workspace.name} was at ${known.endpoint}; the config now has ${workspace.endpoint}. ` +
        'Values acknowledged there do not apply to another workspace: restore the endpoint, or configure the new workspace under a new name.',
    });
  }
  const standing = await keyStatus(ledger, known.id, key.value);
  if (standing === 'unseen' && !keyConfirmed) {
    throw new HoldError({
      cause: 'unseen-key',
      because:
        `The key of workspace ${workspace.name} is not the one used before. ` +
        'If it was rotated, approve; if it belongs to another workspace, give that workspace a new name.',
    });
  }
  if (standing !== 'known') await rememberKey(ledger, known.id, key.value);
  return {
    workspaceId: known.id,
    client: braze(workspace.endpoint, key.value),
    keyAdvice:
      key.from === 'environment'
        ? 'The key comes from the environment of the worker: set it there, restart the worker, then retry.'
        : 'Set the correct key, then retry.',
  };
}

/** Whether two URLs name one server. Ports on loopback do not count: an emulator takes a free one each time it starts. */
export function sameHost(one: string, other: string): boolean {
  const [a, b] = [new URL(one), new URL(other)];
  if (isLoopback(a.hostname) && isLoopback(b.hostname)) return true;
  return a.origin === b.origin;
}

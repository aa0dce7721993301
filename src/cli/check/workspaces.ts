import { sameHost } from '../../activities/workspaceAccess';
import { createBrazeClient } from '../../braze/client';
import { probeKey, type KeyCheck } from '../../braze/probe';
import type { Config } from '../../config/config';
import type { Path } from '../../config/path';
import type { Ledger } from '../../ledger/open';
import { findWorkspace, keyStanding } from '../../ledger/workspaces';
import type { SyncSettings } from '../../types';
import { unlessMissing } from './configFile';
import { broken, error, ok, warn, type Finding } from './finding';

export interface UsedWorkspace {
  name: string;
  endpoint: string;
  key: string;
  /** The syncs that send to it, at least one. */
  syncs: readonly SyncSettings[];
}

/** Every workspace that a sync sends to: does Braze take the key, and is it the workspace of the runs before? */
export async function lookAtWorkspaces(
  config: Config,
  lineOf: (path: Path) => number,
  ledger: Promise<Ledger | null>,
): Promise<Finding[]> {
  const found = await Promise.all(
    usedWorkspaces(config).map(async (workspace) => {
      const probed = keyFinding(workspace, await probe(workspace), lineOf);
      return [probed, ...(await standingFindings(workspace, await ledger, lineOf))];
    }),
  );
  return found.flat();
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

async function probe({ endpoint, key, syncs }: UsedWorkspace): Promise<KeyCheck> {
  const client = createBrazeClient({ endpoint, apiKey: key, connections: 1 });
  try {
    return await probeKey(client, syncs[0]!.attributes[0]!.name);
  } finally {
    await client.close();
  }
}

function keyFinding({ name, endpoint }: UsedWorkspace, check: KeyCheck, lineOf: (path: Path) => number): Finding {
  const { host } = new URL(endpoint);
  const key = check.kind === 'configuration' && (check.problem === 'unknown-key' || check.problem === 'no-permission');
  switch (check.kind) {
    case 'ok':
      return ok('braze', `${name}: ${host} takes the key (users.track)`);
    case 'configuration':
      return error(
        'braze',
        `${name}: ${check.message}.`,
        lineOf(['workspaces', name, key ? 'apiKey' : 'restEndpoint']),
      );
    case 'rate-limited':
      return warn('braze', `${name}: ${host} is at its rate limit just now; the key was not tried. Run check again.`);
    case 'transient':
      return broken(
        'braze',
        `${name}: ${host} does not answer (${check.code}). Check restEndpoint and this machine's way to the internet.`,
      );
  }
}

/** What a run would hold for: acknowledged values belong to one workspace. */
export async function standingFindings(
  { name, endpoint, key, syncs }: UsedWorkspace,
  ledger: Ledger | null,
  lineOf: (path: Path) => number,
): Promise<Finding[]> {
  const known = ledger === null ? null : await findWorkspace(ledger, name);
  if (ledger === null || known === null) return [];
  if (!sameHost(known.endpoint, endpoint)) {
    return [
      error(
        'braze',
        `${name}: its runs sent to ${known.endpoint}, now it is ${endpoint}: the next run holds. ` +
          'Put restEndpoint back, or give the other workspace a new name.',
        lineOf(['workspaces', name, 'restEndpoint']),
      ),
    ];
  }
  if ((await keyStanding(ledger, known.id, key)) !== 'unseen') return [];
  return [
    warn(
      'braze',
      `${name}: the key is not the one used before: the next run holds once. ` +
        `If it was rotated: peak-braze approve ${syncs[0]!.sync}. If it belongs to another workspace, give that one a new name.`,
      lineOf(['workspaces', name, 'apiKey']),
    ),
  ];
}

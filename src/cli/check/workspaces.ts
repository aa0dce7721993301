import { createBrazeClient } from '../../braze/client';
import { CUSTOM_ATTRIBUTES, listCustomAttributes, type DeclaredAttribute } from '../../braze/customAttributes';
import { openBrazeHttp } from '../../braze/http';
import { probeKey, type KeyCheck } from '../../braze/probe';
import type { Config } from '../../config/config';
import type { Ledger } from '../../ledger/open';
import { broken, error, ok, warn, type Finding } from '../shared/finding';
import type { LineFinder } from '../shared/lineFinder';
import { type UsedWorkspace, usedWorkspaces, workspaceFindings } from '../shared/workspaceFindings';
import type { Declared } from './declared';

interface WorkspacesCheck {
  findings: Finding[];
  declared: Declared;
}

/** Every workspace that a sync sends to: does Braze take the key, and is it the workspace of the runs before? */
export async function checkWorkspaces(
  config: Config,
  lineOf: LineFinder,
  ledger: Promise<Ledger | null>,
): Promise<WorkspacesCheck> {
  const declared = new Map<string, ReadonlyMap<string, DeclaredAttribute>>();
  const found = await Promise.all(
    usedWorkspaces(config).map(async (workspace) => {
      const check = await probe(workspace);
      const types = check.kind === 'ok' ? await askForTypes(workspace) : null;
      if (types?.kind === 'answered') declared.set(workspace.name, types.attributes);
      const probed = keyFinding(workspace, check, types, lineOf);
      return [probed, ...(await workspaceFindings(workspace, await ledger, lineOf))];
    }),
  );
  return { findings: found.flat(), declared };
}

async function probe({ endpoint, key, syncs }: UsedWorkspace): Promise<KeyCheck> {
  const client = createBrazeClient({ endpoint, apiKey: key, connections: 1 });
  try {
    return await probeKey(client, syncs[0]!.attributes[0]!.name);
  } finally {
    await client.close();
  }
}

/** A list of thousands of attributes with their descriptions, 50 a page. */
const MAX_ANSWER_BYTES = 5_000_000;

type Types = Awaited<ReturnType<typeof listCustomAttributes>>;

async function askForTypes({ endpoint, key }: UsedWorkspace): Promise<Types> {
  const http = openBrazeHttp({ endpoint, apiKey: key, connections: 1, maxAnswerBytes: MAX_ANSWER_BYTES });
  try {
    return await listCustomAttributes(http, endpoint);
  } finally {
    await http.close();
  }
}

/** The permission is optional: without it, or without an answer just now, a run works all the same. */
function compared(types: Types | null): string {
  switch (types?.kind) {
    case 'answered':
      return `(users.track, ${CUSTOM_ATTRIBUTES.permission})`;
    case 'rate-limited':
      return '(users.track). Types not compared: Braze is at its rate limit for that call';
    case 'transient':
      return `(users.track). Types not compared: no answer to that call (${types.code})`;
    default:
      return `(users.track). Types not compared: needs ${CUSTOM_ATTRIBUTES.permission}`;
  }
}

function keyFinding(
  { name, endpoint }: UsedWorkspace,
  check: KeyCheck,
  types: Types | null,
  lineOf: LineFinder,
): Finding {
  const { host } = new URL(endpoint);
  const key = check.kind === 'configuration' && (check.problem === 'unknown-key' || check.problem === 'no-permission');
  switch (check.kind) {
    case 'ok':
      return ok('braze', `${name}: ${host} accepts the key ${compared(types)}`);
    case 'configuration':
      return error(
        'braze',
        `${name}: ${check.message}.`,
        lineOf(['workspaces', name, key ? 'apiKey' : 'restEndpoint']),
      );
    case 'rate-limited':
      return warn('braze', `${name}: ${host} is at its rate limit; the key was not tried. Run check again.`);
    case 'transient':
      return broken(
        'braze',
        `${name}: ${host} does not answer (${check.code}). Check restEndpoint and the network of this machine.`,
      );
  }
}

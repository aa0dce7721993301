import { join } from 'node:path';
import { CliProblem, EXIT } from '../cli/shared/problem';
import { note } from '../cli/shared/screen';
import { acceptsConnections } from '../local/ports';
import { endsWithin } from '../local/processes';
import { isTemporalReachable, startTemporal } from '../local/temporal';
import { isLoopback } from '../types/loopback';
import type { Session } from './session';
import { findTemporalPid } from './temporalPid';

interface LocalTemporal {
  address: string;
  /** Null: unknown, because the server ran before this command. */
  uiUrl: string | null;
  found: boolean;
}

const DEFAULT_UI_PORT = 8233;
/** A server whose owner was killed still answers until its guard ends it. */
const MAY_BE_ENDING_MS = 2_000;

/**
 * The Temporal server at this address: the running one, else one started with its data in `<folder>/temporal`.
 *
 * @throws CliProblem when the address is on another machine and does not answer, or the server does not start
 */
export async function ensureTemporal(
  { address, namespace = 'default', uiPort }: { address: string; namespace?: string; uiPort?: number },
  folder: string,
  session: Session,
): Promise<LocalTemporal> {
  const dir = join(folder, 'temporal');
  if (await keepsRunning(address, join(dir, 'temporal.db'))) return { address, uiUrl: null, found: true };
  const separator = address.lastIndexOf(':');
  if (!isLoopback(address.slice(0, separator))) {
    throw new CliProblem(
      `Temporal does not answer at ${address}, which is not this machine. Start it, or set temporal.address.`,
      EXIT.failed,
    );
  }
  const wantedUiPort = uiPort ?? ((await acceptsConnections(DEFAULT_UI_PORT)) ? undefined : DEFAULT_UI_PORT);
  const server = await session.start(() =>
    startTemporal({
      dir,
      port: Number(address.slice(separator + 1)),
      ...(wantedUiPort === undefined ? {} : { uiPort: wantedUiPort }),
      extraArgs: namespace === 'default' ? [] : ['--namespace', namespace],
      note: note,
    }),
  );
  return { address, uiUrl: server.uiUrl, found: false };
}

async function keepsRunning(address: string, dbFile: string): Promise<boolean> {
  if (!(await isTemporalReachable(address))) return false;
  const ours = await findTemporalPid(dbFile);
  return ours === null || !(await endsWithin(ours, MAY_BE_ENDING_MS));
}

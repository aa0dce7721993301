import { DEFAULT_KEY, startBrazeEmulator } from '../../emulators/braze/emulator';
import { PERMISSIONS } from '../../emulators/braze/keys';
import type { BrazeEmulatorOptions } from '../../emulators/braze/options';
import { CliProblem, EXIT } from '../cli/shared/problem';
import { acceptsConnections } from '../local/ports';
import type { Session } from './session';

/** An emulator on this machine. */
export interface LocalBraze {
  url: string;
  found: boolean;
}

/** Where `dev` puts the emulator unless the config names another port. */
export const DEFAULT_BRAZE_PORT = 7501;

/** Braze's default for `/users/track` with the bulk header. */
export const DEFAULT_RATE_LIMIT = { requests: 3000, perSeconds: 3 };

/**
 * The emulator on this port: found, else started in this process. What it holds ends with it.
 *
 * @throws CliProblem when another program has the port
 */
export async function ensureBraze(port: number, options: BrazeEmulatorOptions, session: Session): Promise<LocalBraze> {
  const url = `http://127.0.0.1:${port}`;
  if (await isEmulator(url)) return { url, found: true };
  if (await acceptsConnections(port)) {
    throw new CliProblem(
      `Port ${port} is in use by a program that is not the emulator. Stop it, or set another BRAZE_REST_ENDPOINT.`,
      EXIT.failed,
    );
  }
  await session.start(async () => {
    const braze = await startBrazeEmulator({ keys: { [DEFAULT_KEY]: PERMISSIONS }, ...options, port });
    return { stop: () => braze.close() };
  });
  return { url, found: false };
}

async function isEmulator(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/emulator/summary`, { signal: AbortSignal.timeout(2_000) });
    return response.ok && 'dataPoints' in ((await response.json()) as object);
  } catch {
    return false;
  }
}

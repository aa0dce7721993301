import { DEFAULT_KEY, startBrazeEmulator } from '../../emulators/braze/emulator';
import { PERMISSIONS } from '../../emulators/braze/keys';
import type { BrazeEmulatorOptions } from '../../emulators/braze/options';
import { CliProblem, EXIT } from '../cli/shared/problem';
import { acceptsConnections } from '../local/ports';
import type { Session } from './session';

/** An emulator on this machine; `found`: it ran before this command. */
export interface LocalBraze {
  url: string;
  found: boolean;
}

/** The emulator's port unless the config names another. */
export const DEFAULT_BRAZE_PORT = 7501;

/** Braze's default for `/users/track` with the bulk header. */
export const DEFAULT_RATE_LIMIT = { requests: 3000, perSeconds: 3 };

/**
 * The emulator on this port: the running one, else one started in this process. Its profiles are lost when it ends.
 *
 * @throws CliProblem when another program has the port
 */
export async function ensureBraze(port: number, options: BrazeEmulatorOptions, session: Session): Promise<LocalBraze> {
  const url = `http://127.0.0.1:${port}`;
  if (await isEmulator(url)) return { url, found: true };
  if (await isForeignPort(port)) {
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

/** Whether a program that is not the emulator listens on this port. */
export async function isForeignPort(port: number): Promise<boolean> {
  return (await acceptsConnections(port)) && !(await isEmulator(`http://127.0.0.1:${port}`));
}

async function isEmulator(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/emulator/summary`, { signal: AbortSignal.timeout(2_000) });
    return response.ok && 'dataPoints' in ((await response.json()) as object);
  } catch {
    return false;
  }
}

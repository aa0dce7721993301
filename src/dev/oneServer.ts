import { DEFAULT_KEY } from '../../emulators/braze/emulator';
import type { BrazeEmulatorOptions } from '../../emulators/braze/options';
import { CliProblem, EXIT } from '../cli/shared/problem';
import { print, statusLine } from '../cli/shared/screen';
import { ensureBraze, DEFAULT_BRAZE_PORT, DEFAULT_RATE_LIMIT } from './localBraze';
import { ensurePostgres } from './localPostgres';
import { ensureTemporal } from './localTemporal';
import type { Session } from './session';

interface OneServerOptions {
  port?: number | undefined;
  uiPort?: number | undefined;
  /** For the emulator; it has defaults for all of them. */
  braze: BrazeEmulatorOptions;
  json: boolean;
}

interface Started {
  what: string;
  found: boolean;
  where: string;
  /** The variables with which a config finds it. */
  variables: Record<string, string>;
}

const STARTERS = { temporal, postgres, braze };

/** Runs one server in the foreground: prints one line when it is ready and keeps it until Ctrl-C. A running server is only reported. */
export async function runOneServer(
  server: keyof typeof STARTERS,
  folder: string,
  options: OneServerOptions,
  session: Session,
): Promise<void> {
  const { what, found, where, variables } = await STARTERS[server](folder, options, session);
  process.exitCode = EXIT.ok;
  if (options.json) print(JSON.stringify({ server, where, found, variables }));
  else {
    const settings = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
    print([statusLine(found ? 'found' : 'ok', what, where), ...settings].join('   '));
  }
  if (!found) await session.stay();
}

async function temporal(folder: string, { port = 7233, uiPort }: OneServerOptions, session: Session): Promise<Started> {
  const wanted = { address: `127.0.0.1:${port}`, ...(uiPort === undefined ? {} : { uiPort }) };
  const { address, uiUrl, found } = await ensureTemporal(wanted, folder, session);
  const where = uiUrl === null ? address : `${address}, Web UI ${uiUrl}`;
  return { what: 'Temporal', found, where, variables: { TEMPORAL_ADDRESS: address } };
}

async function postgres(folder: string, { port }: OneServerOptions, session: Session): Promise<Started> {
  const { sample, ...server } = await ensurePostgres(folder, session, {
    sample: true,
    ...(port === undefined ? {} : { port }),
  });
  const where = `127.0.0.1:${server.port}, the ledger \`embedded\` and a sample tenant`;
  return { what: 'Postgres', found: false, where, variables: { TENANT_URL: sample!.url } };
}

async function braze(
  _folder: string,
  { port = DEFAULT_BRAZE_PORT, braze: asked }: OneServerOptions,
  session: Session,
): Promise<Started> {
  const { url, found } = await ensureBraze(port, { rateLimit: DEFAULT_RATE_LIMIT, ...asked }, session);
  if (found && Object.keys(asked).length > 0) {
    throw new CliProblem(
      `An emulator already runs on port ${port} with the options of its start. Stop it, or choose another port with --port.`,
      EXIT.usage,
    );
  }
  const variables = { BRAZE_REST_ENDPOINT: url, BRAZE_API_KEY: DEFAULT_KEY };
  return { what: 'Braze', found, where: `emulator, ${url}`, variables };
}

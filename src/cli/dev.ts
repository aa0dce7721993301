import { join } from 'node:path';
import type { Command } from 'commander';
import { command } from './command';
import { LOCAL_FOLDER, type CommonOptions } from './context';
import { runDevServer } from './dev/oneServer';
import { runDev } from './dev/allServers';
import { untilInterrupted } from './dev/session';
import { keepLoopbackOffProxies } from './dev/shell';
import { CliProblem, EXIT } from './problem';

/** Servers that can be started alone, with the options that are theirs. */
const OPTIONS_OF = {
  temporal: ['port', 'uiPort'],
  postgres: ['port'],
  braze: ['port', 'latencyMs', 'rateLimit'],
} as const;
type DevServer = keyof typeof OPTIONS_OF;

interface Options extends CommonOptions {
  port?: string;
  uiPort?: string;
  latencyMs?: string;
  /** Commander's spelling of --no-rate-limit. */
  rateLimit: boolean;
}

export function addDev(program: Command): void {
  command(
    program,
    'dev [server]',
    'Start what is missing on this machine (Temporal, Postgres, an emulator of Braze, a worker) until Ctrl-C; ' +
      'dev temporal, dev postgres, dev braze: that one alone',
    'peak-braze dev\n  peak-braze dev braze --port 7502 --latency-ms 100',
  )
    .option('--port <n>', 'one server: its port')
    .option('--ui-port <n>', 'temporal: the port of its Web UI')
    .option('--latency-ms <n>', 'braze: how long each answer takes')
    .option('--no-rate-limit', 'braze: without its limit of 3,000 requests in 3 seconds')
    .action(async (server: string | undefined, options: Options) => {
      keepLoopbackOffProxies();
      const folder = join(process.cwd(), LOCAL_FOLDER);
      const only = server === undefined ? null : toServer(server);
      const settings = readSettings(only, options);
      await untilInterrupted((session) =>
        only === null
          ? runDev(folder, options, session)
          : runDevServer(only, folder, { ...settings, json: options.json === true }, session),
      );
    });
}

function toServer(written: string): DevServer {
  if (Object.hasOwn(OPTIONS_OF, written)) return written as DevServer;
  throw new CliProblem(`dev ${written}: there are dev temporal, dev postgres and dev braze.`, EXIT.usage);
}

/** An option of another server would do nothing, and look as if it did. */
function readSettings(server: DevServer | null, { port, uiPort, latencyMs, rateLimit }: Options) {
  const given = { port, uiPort, latencyMs, rateLimit: rateLimit ? undefined : '' };
  const known: readonly string[] = server === null ? [] : OPTIONS_OF[server];
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || known.includes(name)) continue;
    const option =
      name === 'rateLimit' ? '--no-rate-limit' : `--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;
    throw new CliProblem(
      `${option} is not an option of ${server === null ? 'all servers together' : `dev ${server}`}. See dev --help.`,
      EXIT.usage,
    );
  }
  return {
    port: optional('--port', port, 65_535),
    uiPort: optional('--ui-port', uiPort, 65_535),
    latencyMs: optional('--latency-ms', latencyMs, 60_000),
    rateLimit,
  };
}

function optional(option: string, written: string | undefined, most: number): number | undefined {
  if (written === undefined) return undefined;
  const value = Number(written);
  if (/^\d+$/.test(written) && value <= most && (value > 0 || option === '--latency-ms')) return value;
  throw new CliProblem(`${option} takes a whole number up to ${most}.`, EXIT.usage);
}

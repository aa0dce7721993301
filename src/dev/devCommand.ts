import { join } from 'node:path';
import type { Command } from 'commander';
import { command } from '../cli/shared/command';
import { LOCAL_FOLDER, type CommonOptions } from '../cli/shared/context';
import { CliProblem, EXIT } from '../cli/shared/problem';
import { keepLoopbackOffProxies } from '../cli/shared/shellServers';
import { runAllServers } from './allServers';
import { readBrazeOptions, type WrittenBrazeOptions } from './brazeOptions';
import { runOneServer } from './oneServer';
import { optionalNumber } from './optionalNumber';
import { untilInterrupted } from './session';

/** Servers that can be started alone, with the options that are theirs. */
const OPTIONS_OF = {
  temporal: ['port', 'uiPort'],
  postgres: ['port'],
  braze: [
    'port',
    'latencyMs',
    'jitterMs',
    'rateLimit',
    'rateDialect',
    'statsOnly',
    'faultShare',
    'seed',
    'permissions',
  ],
} as const;
type DevServer = keyof typeof OPTIONS_OF;

interface Options extends CommonOptions, WrittenBrazeOptions {
  port?: string;
  uiPort?: string;
}

/** `dev`: servers on this machine. */
export function addDev(program: Command): void {
  command(
    program,
    'dev [server]',
    'Start what is missing on this machine (Temporal, Postgres, an emulator of Braze, a worker) until Ctrl-C; ' +
      'dev temporal, dev postgres, dev braze: that one alone',
    'dev',
    'dev braze --port 7502 --latency-ms 100 --fault-share 429=0.02 reset=0.01',
  )
    .option('--port <n>', 'one server: its port')
    .option('--ui-port <n>', 'temporal: the port of its Web UI')
    .option('--latency-ms <n>', 'braze: how long each answer takes')
    .option('--jitter-ms <n>', 'braze: at most this much on top, another time for each answer')
    .option('--no-rate-limit', 'braze: without its limit of 3,000 requests in 3 seconds')
    .option('--rate-dialect <name>', 'braze: epoch or seconds, the two ways its contracts tell when a limit ends')
    .option('--stats-only', 'braze: counts and keeps nothing, for runs of millions')
    .option(
      '--fault-share <kind=share...>',
      'braze: the share of requests that meets a fault, as 429=0.02 html-502=0.01',
    )
    .option('--seed <n>', 'braze: the same number gives the same faults in the same order')
    .option('--permissions <list>', 'braze: what its key may do, as users.track,users.export.ids; all without it')
    .action(async (server: string | undefined, options: Options) => {
      keepLoopbackOffProxies();
      const folder = join(process.cwd(), LOCAL_FOLDER);
      const only = server === undefined ? null : toServer(server);
      const settings = readSettings(only, options);
      await untilInterrupted((session) =>
        only === null
          ? runAllServers(folder, options, session)
          : runOneServer(only, folder, { ...settings, json: options.json === true }, session),
      );
    });
}

function toServer(written: string): DevServer {
  if (Object.hasOwn(OPTIONS_OF, written)) return written as DevServer;
  throw new CliProblem(`dev ${written}: there are dev temporal, dev postgres and dev braze.`, EXIT.usage);
}

/** An option of another server would do nothing, and look as if it did. */
function readSettings(server: DevServer | null, options: Options) {
  const own: readonly string[] = server === null ? [] : OPTIONS_OF[server];
  for (const name of new Set(Object.values(OPTIONS_OF).flat())) {
    const given = name === 'rateLimit' ? !options.rateLimit : options[name] !== undefined;
    if (!given || own.includes(name)) continue;
    const option =
      name === 'rateLimit' ? '--no-rate-limit' : `--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;
    throw new CliProblem(
      `${option} is not an option of ${server === null ? 'all servers together' : `dev ${server}`}. See dev --help.`,
      EXIT.usage,
    );
  }
  return {
    port: optionalNumber('--port', options.port, 1, 65_535),
    uiPort: optionalNumber('--ui-port', options.uiPort, 1, 65_535),
    braze: readBrazeOptions(options),
  };
}

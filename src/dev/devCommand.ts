import type { Command } from 'commander';
import type { BrazeEmulatorOptions } from '../../emulators/braze/options';
import { command } from '../cli/shared/command';
import { localFolder, type CommonOptions } from '../cli/shared/context';
import { CliProblem, EXIT } from '../cli/shared/problem';
import { keepLoopbackOffProxies } from '../cli/shared/shellServers';
import { readBrazeOptions, type WrittenBrazeOptions } from './brazeOptions';
import { optionalNumber } from './optionalNumber';
import { readScoreChange, rescore, type WrittenRescoreOptions } from './rescoreCommand';
import { untilInterrupted } from './session';

/** What can stand behind `dev`, with its options: a server that is started alone, or another model run of the sample tenant. */
const OPTIONS_OF = {
  temporal: ['port', 'uiPort'],
  postgres: ['port'],
  rescore: ['drift', 'nulls', 'break'],
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
type DevTarget = keyof typeof OPTIONS_OF;

interface Options extends CommonOptions, WrittenBrazeOptions, WrittenRescoreOptions {
  port?: string;
  uiPort?: string;
}

/** `dev`: servers and a sample tenant on this machine. */
export function addDev(program: Command): void {
  command(
    program,
    'dev [target]',
    'Start the servers that are not running (Temporal, Postgres, an emulator of Braze, a worker), and keep them running until Ctrl-C. ' +
      'dev temporal, dev postgres, dev braze: start only that server. ' +
      'dev rescore: publish the next weekly model run in the sample tenant; ' +
      'with --drift, --nulls or --break, change its scores only in that way',
    'dev',
    'dev rescore --nulls 20%',
    'dev braze --port 7502 --latency-ms 100 --fault-share 429=0.02 reset=0.01',
  )
    .option(
      '--drift <share>',
      'rescore: move churn_probability by 0.5 for this share of customers, for example 5% or 0.05',
    )
    .option(
      '--nulls <share>',
      'rescore: set the predicted values of this share of customers to NULL; more than 5% trips the default guard',
    )
    .option('--break', 'rescore: set every churn_probability to NaN, which trips the default guard')
    .option('--port <n>', 'temporal, postgres, braze: listen on this port')
    .option('--ui-port <n>', 'temporal: serve the Web UI on this port')
    .option('--latency-ms <n>', 'braze: delay each answer by this many milliseconds')
    .option('--jitter-ms <n>', 'braze: delay each answer by a random additional time, up to this many milliseconds')
    .option('--no-rate-limit', 'braze: do not limit requests; the default is 3,000 in 3 seconds')
    .option('--rate-dialect <name>', 'braze: report the reset time of a limit as epoch or seconds')
    .option('--stats-only', 'braze: count requests and keep no profile, for runs of millions of customers')
    .option(
      '--fault-share <kind=share...>',
      'braze: answer this share of requests with a fault, for example 429=0.02 html-502=0.01',
    )
    .option('--seed <n>', 'braze: use this random seed; the same number repeats the same faults')
    .option(
      '--permissions <list>',
      'braze: grant the key only these permissions, for example users.track,users.export.ids',
    )
    .action(async (written: string | undefined, options: Options) => {
      keepLoopbackOffProxies();
      const folder = localFolder(options.config);
      const target = written === undefined ? null : toTarget(written);
      refuseForeignOptions(target, options);
      if (target === 'rescore') return rescore(readScoreChange(options), options);
      const settings = readSettings(options);
      // Loaded here, with Temporal's worker: the other commands start without it.
      const [{ runAllServers }, { runOneServer }] = await Promise.all([
        import('./allServers.js'),
        import('./oneServer.js'),
      ]);
      await untilInterrupted((session) =>
        target === null
          ? runAllServers(folder, options, session)
          : runOneServer(target, folder, { ...settings, json: options.json === true }, session),
      );
    });
}

function toTarget(written: string): DevTarget {
  if (Object.hasOwn(OPTIONS_OF, written)) return written as DevTarget;
  throw new CliProblem(`dev ${written}: there are dev temporal, dev postgres, dev braze and dev rescore.`, EXIT.usage);
}

/** An option that this command does not use would look as if it had worked. */
function refuseForeignOptions(target: DevTarget | null, options: Options): void {
  const own: readonly string[] = target === null ? [] : OPTIONS_OF[target];
  for (const name of new Set(Object.values(OPTIONS_OF).flat())) {
    const given = name === 'rateLimit' ? !options.rateLimit : options[name] !== undefined;
    if (!given || own.includes(name)) continue;
    const option =
      name === 'rateLimit' ? '--no-rate-limit' : `--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;
    throw new CliProblem(
      `${option} is not an option of ${target === null ? 'all servers together' : `dev ${target}`}. See dev --help.`,
      EXIT.usage,
    );
  }
}

function readSettings(options: Options): { port?: number; uiPort?: number; braze: BrazeEmulatorOptions } {
  return {
    port: optionalNumber('--port', options.port, 1, 65_535),
    uiPort: optionalNumber('--ui-port', options.uiPort, 1, 65_535),
    braze: readBrazeOptions(options),
  };
}

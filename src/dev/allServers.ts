import { join, relative } from 'node:path';
import { DEFAULT_KEY } from '../../emulators/braze/emulator';
import type { CommonOptions } from '../cli/shared/context';
import { CliProblem, EXIT } from '../cli/shared/problem';
import { plural, print, note, statusLine } from '../cli/shared/screen';
import { typed } from '../invocation';
import { openLedger } from '../ledger/open';
import { lastRecorded } from '../ledger/runs';
import { freePort } from '../local/ports';
import { logToFile } from '../log';
import { isLoopback } from '../types/loopback';
import { readDevPlan, VARIABLES, type DevPlan } from './devPlan';
import { startWorkerOnceConfigured, type DevWorker } from './devWorker';
import { DEFAULT_BRAZE_PORT, DEFAULT_RATE_LIMIT, ensureBraze, isForeignPort, type LocalBraze } from './localBraze';
import { ensurePostgres, isFolderPostgres, type LocalPostgres } from './localPostgres';
import { ensureTemporal } from './localTemporal';
import type { Session } from './session';
import { ensureVariablesFile, isWrittenByDev } from './variablesFile';

type WriteLine = (line: string) => void;

/**
 * Starts the missing servers on this machine and keeps them until Ctrl-C. The addresses of the emulator and the sample tenant
 * go into `.env`, where the commands of a second terminal find them.
 *
 * @throws CliProblem when a server does not start, or the worker ends
 */
export async function runAllServers(
  folder: string,
  { config: configPath, json }: CommonOptions,
  session: Session,
): Promise<void> {
  const write: WriteLine = json ? note : print;
  write('Servers for this folder, on this machine · Ctrl-C stops those started here');
  const plan = readDevPlan(configPath, process.env);

  const temporal = await ensureTemporal(plan.temporal, folder, session);
  write(
    temporal.found
      ? statusLine('found', 'Temporal', temporal.address)
      : statusLine('ok', 'Temporal', `${temporal.address}, Web UI ${temporal.uiUrl}`),
  );
  const postgres = await startPostgres(plan, folder, session);
  for (const one of postgresLines(postgres, folder)) write(one);
  const brazes = await startBrazes(plan, configPath, session);
  for (const { url, found } of brazes) write(statusLine(found ? 'found' : 'ok', 'Braze', `emulator, ${url}`));
  if (brazes.length === 0)
    write(statusLine('ok', 'Braze', `${plan.brazeEndpoints.join(', ')} as configured, no emulator`));

  const variables = localVariables(postgres, brazes);
  const { written, lines } = await ensureVariablesFile(configPath, variables);
  for (const one of lines) write(one);

  let settleFirstWait = () => {};
  const firstWait = new Promise<void>((resolve) => (settleFirstWait = resolve));
  const logFile = join(folder, 'worker.log');
  const workerStarted = startWorkerOnceConfigured(
    {
      configPath,
      env: process.env,
      embeddedLedgerUrl: async () =>
        postgres?.ledgerUrl ?? (await ensurePostgres(folder, session, { sample: false })).ledgerUrl,
      log: logToFile(logFile),
      waits: (because) => {
        write(statusLine('note', 'worker', `waits: ${because}`));
        settleFirstWait();
      },
    },
    session,
  ).then(async (worker) => {
    const syncs = Object.keys(worker.config.syncs);
    const text = `runs ${syncs.join(', ')}; log: ${relative(process.cwd(), logFile)}`;
    write(statusLine('ok', 'worker', text));
    await noteEmptyEmulators(worker, brazes, write);
    return worker;
  });
  await Promise.race([workerStarted, firstWait]);

  process.exitCode = EXIT.ok;
  for (const one of nextSteps(plan)) write(one);
  if (json)
    print(JSON.stringify({ temporal, postgres: postgres && { port: postgres.port }, brazes, variables, written }));
  const worker = await workerStarted;
  await Promise.race([session.stay(), worker.ended.catch(() => undefined)]);
  throw new CliProblem(
    `The worker ended; see ${relative(process.cwd(), logFile)}. Start again: ${typed('dev')}`,
    EXIT.failed,
  );
}

/** Needed for the embedded ledger, and for the sample tenant where no other is named. */
async function startPostgres(plan: DevPlan, folder: string, session: Session): Promise<LocalPostgres | null> {
  const sample = await wantsSample(plan, folder);
  if (!sample && !plan.embeddedLedger) return null;
  return ensurePostgres(folder, session, { sample });
}

async function wantsSample({ tenantUrls }: DevPlan, folder: string): Promise<boolean> {
  for (const url of tenantUrls) if (url === null || (await isFolderPostgres(folder, url))) return true;
  return false;
}

function postgresLines(postgres: LocalPostgres | null, folder: string): string[] {
  if (postgres === null) return [statusLine('ok', 'Postgres', 'ledger and tenant as configured, nothing started')];
  const dir = relative(process.cwd(), join(folder, 'postgres'));
  const { sample } = postgres;
  return [
    statusLine('ok', 'Postgres', sample === null ? `ledger in ${dir}` : `ledger and sample tenant in ${dir}`),
    ...(sample === null
      ? []
      : [statusLine('ok', 'tenant', `sample: table predictive_attributes, ${plural(sample.customers, 'customer')}`)]),
  ];
}

/** An emulator for each workspace that is on this machine or has no endpoint yet. */
async function startBrazes({ brazeEndpoints }: DevPlan, configPath: string, session: Session): Promise<LocalBraze[]> {
  const ports = new Map<number, { movable: boolean }>();
  const ownEndpoint = isWrittenByDev(configPath, VARIABLES.endpoint);
  for (const endpoint of brazeEndpoints) {
    if (endpoint === null) ports.set(DEFAULT_BRAZE_PORT, { movable: true });
    else if (URL.canParse(endpoint) && isLoopback(new URL(endpoint).hostname)) {
      ports.set(Number(new URL(endpoint).port || 80), { movable: ownEndpoint && brazeEndpoints.length === 1 });
    }
  }
  const brazes: LocalBraze[] = [];
  for (const [port, { movable }] of ports) {
    // Where `dev` has chosen the port itself, it can choose another one; the ledger treats all of this machine as one host.
    const actualPort = movable && (await isForeignPort(port)) ? await freePort() : port;
    brazes.push(await ensureBraze(actualPort, { rateLimit: DEFAULT_RATE_LIMIT }, session));
  }
  return brazes;
}

/** The addresses of this folder's servers, by the variables of the config. */
function localVariables(postgres: LocalPostgres | null, [braze]: LocalBraze[]): Record<string, string> {
  return {
    ...(braze === undefined ? {} : { [VARIABLES.endpoint]: braze.url, [VARIABLES.key]: DEFAULT_KEY }),
    ...(postgres?.sample == null ? {} : { [VARIABLES.tenant]: postgres.sample.url }),
  };
}

/** A new emulator is empty, while the ledger still says what the last one accepted. */
async function noteEmptyEmulators(
  { config, ledgerUrl }: DevWorker,
  brazes: LocalBraze[],
  write: WriteLine,
): Promise<void> {
  const fresh = brazes.filter(({ found }) => !found).map(({ url }) => url);
  const ledger = openLedger(ledgerUrl, { connections: 1 });
  try {
    for (const { sync, workspace } of Object.values(config.syncs)) {
      if (!fresh.includes(workspace.endpoint) || (await lastRecorded(ledger, sync)) === null) continue;
      write(statusLine('note', sync, 'the emulator is new and empty. To send all values again:'));
      write(`  ${typed(`backfill ${sync} --everything --resend`)}`);
    }
  } finally {
    await ledger.destroy();
  }
}

/** Commands to type, with the sync's name from the config or the one that `init` will give it. */
function nextSteps({ syncs }: DevPlan): string[] {
  const [sync = 'predictions'] = syncs;
  const steps: [command: string, does: string][] = [
    ...(syncs.length > 0 ? [] : [['init', 'write peak-braze.yaml from the columns'] as [string, string]]),
    ['check', 'validate the config and each connection'],
    [`preview ${sync}`, 'show what a run would send'],
    [`run ${sync}`, 'send it'],
    ['dev rescore', 'publish the next weekly model run'],
  ];
  const width = Math.max(...steps.map(([command]) => command.length));
  return [
    'In a second terminal, in this folder:',
    ...steps.map(([command, does]) => `  npx peak-braze ${command.padEnd(width)}   ${does}`),
  ];
}

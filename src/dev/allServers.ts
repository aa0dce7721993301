import { join, relative } from 'node:path';
import { DEFAULT_KEY } from '../../emulators/braze/emulator';
import type { CommonOptions } from '../cli/shared/context';
import { CliProblem, EXIT } from '../cli/shared/problem';
import { plural, print, note, statusLine } from '../cli/shared/screen';
import { openLedger } from '../ledger/open';
import { lastRecorded } from '../ledger/runs';
import { logToFile } from '../log';
import { isLoopback } from '../types/loopback';
import { readDevPlan, VARIABLES, type DevPlan } from './devPlan';
import { startWorkerOnceConfigured, type DevWorker } from './devWorker';
import { ensureBraze, DEFAULT_BRAZE_PORT, DEFAULT_RATE_LIMIT, type LocalBraze } from './localBraze';
import { ensurePostgres, isFolderPostgres, type LocalPostgres } from './localPostgres';
import { ensureTemporal } from './localTemporal';
import type { Session } from './session';
import { ensureVariablesFile } from './variablesFile';

type WriteLine = (line: string) => void;

/**
 * Starts what is missing on this machine and keeps it until Ctrl-C. What a config of the contract's kind cannot know (the
 * emulator, the sample tenant) goes into `.env`, where a second terminal's commands find it.
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
  const brazes = await startBrazes(plan, session);
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
    write(statusLine('ok', 'worker', `works on ${syncs.join(', ')}; its log: ${relative(process.cwd(), logFile)}`));
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
    `The worker ended; see ${relative(process.cwd(), logFile)}. Start again: peak-braze dev`,
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

/** An emulator for each workspace that is on this machine or not named yet. */
async function startBrazes({ brazeEndpoints }: DevPlan, session: Session): Promise<LocalBraze[]> {
  const ports = new Set<number>();
  for (const endpoint of brazeEndpoints) {
    if (endpoint === null) ports.add(DEFAULT_BRAZE_PORT);
    else if (URL.canParse(endpoint) && isLoopback(new URL(endpoint).hostname)) {
      ports.add(Number(new URL(endpoint).port || 80));
    }
  }
  const brazes: LocalBraze[] = [];
  for (const port of ports) brazes.push(await ensureBraze(port, { rateLimit: DEFAULT_RATE_LIMIT }, session));
  return brazes;
}

/** By name, what leads to the servers of this folder. */
function localVariables(postgres: LocalPostgres | null, [braze]: LocalBraze[]): Record<string, string> {
  return {
    ...(braze === undefined ? {} : { [VARIABLES.endpoint]: braze.url, [VARIABLES.key]: DEFAULT_KEY }),
    ...(postgres?.sample == null ? {} : { [VARIABLES.tenant]: postgres.sample.url }),
  };
}

/** A new emulator is empty, and the ledger still has what was sent to the last one. */
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
      const command = `npx peak-braze backfill ${sync} --everything --resend`;
      write(statusLine('note', sync, `the emulator is new and empty; to send what it no longer has: ${command}`));
    }
  } finally {
    await ledger.destroy();
  }
}

/** Commands to type. The sync is called what the config, or `init`, calls it. */
function nextSteps({ syncs }: DevPlan): string[] {
  const [sync = 'predictions'] = syncs;
  const steps: [command: string, does: string][] = [
    ...(syncs.length > 0
      ? []
      : [['init', "writes peak-braze.yaml from the columns of the tenant's table"] as [string, string]]),
    ['check', 'finds what is wrong before a run does'],
    [`preview ${sync}`, 'shows what a run would send'],
    [`run ${sync}`, 'sends it'],
  ];
  const width = Math.max(...steps.map(([command]) => command.length));
  return [
    'In a second terminal, in this folder:',
    ...steps.map(([command, does]) => `  npx peak-braze ${command.padEnd(width)}   ${does}`),
  ];
}

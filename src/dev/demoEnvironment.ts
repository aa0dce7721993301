import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { demoConfig, demoVariables, type DemoServers } from '../../demo/config';
import { createTenant } from '../../demo/tenant';
import { DEFAULT_KEY, startBrazeEmulator } from '../../emulators/braze/emulator';
import { PERMISSIONS } from '../../emulators/braze/keys';
import type { BrazeEmulator } from '../../emulators/braze/options';
import { note } from '../cli/shared/screen';
import { openLedger, type Ledger } from '../ledger/open';
import { startPostgres } from '../local/postgres';
import { startTemporal } from '../local/temporal';
import { logToFile } from '../log';
import { connectTemporal, type TemporalAccess } from '../temporal/connect';
import { DEFAULT_TASK_QUEUE } from '../types/workflow';
import { startWorker } from '../worker';
import type { Session } from './session';

/** The running servers of the demo, all of them real. */
export interface DemoEnvironment {
  configPath: string;
  tenantUrl: string;
  uiUrl: string;
  temporal: TemporalAccess;
  ledger: Ledger;
  braze: BrazeEmulator;
  /** Rejects when the worker fails. */
  workerEnded: Promise<void>;
}

interface Ready {
  what: 'Temporal' | 'Postgres' | 'Braze';
  where: string;
}

const MOST_CUSTOMERS = 10_000_000;

/** Starts the servers on free ports, writes a config for them, and runs a worker in this process. */
export async function startDemoEnvironment(
  dir: string,
  session: Session,
  ready: (part: Ready) => void,
): Promise<DemoEnvironment> {
  const startedAtMs = Date.now();
  const [temporalServer, urls] = await Promise.all([
    session.start(() => startTemporal({ dir: join(dir, 'temporal'), note: note })),
    startDatabases(dir, session),
  ]);
  const seconds = ((Date.now() - startedAtMs) / 1000).toFixed(1);
  ready({ what: 'Temporal', where: `${temporalServer.uiUrl!.padEnd(32)} ready in ${seconds} s` });
  ready({ what: 'Postgres', where: `tenant database and ledger in ${relative(process.cwd(), dir)}` });

  const braze = await startBrazeEmulator({
    keys: { [DEFAULT_KEY]: PERMISSIONS },
    rateLimit: { requests: 3000, perSeconds: 3 },
    maxProfiles: MOST_CUSTOMERS,
    requestLog: 'counts',
  });
  session.onStop(() => braze.close());
  ready({ what: 'Braze', where: `emulator, ${braze.url}` });

  const { address } = temporalServer;
  const servers = { ...urls, temporalAddress: address, brazeUrl: braze.url, brazeKey: DEFAULT_KEY };
  const configPath = await writeConfig(dir, servers);
  const temporal = { address, namespace: 'default', taskQueue: DEFAULT_TASK_QUEUE };
  const worker = await session.start(() =>
    // No variables of the environment: all that the config needs is in .env beside it.
    startWorker({ configPath, env: {}, temporal, ledgerUrl: urls.ledgerUrl, log: logToFile(join(dir, 'worker.log')) }),
  );
  // The caller that awaits `ended` gets the error; an unhandled rejection would end the process.
  worker.ended.catch(() => undefined);
  const access = await connectTemporal(temporal);
  session.onStop(() => access.close());
  const ledger = openLedger(urls.ledgerUrl, { connections: 2 });
  session.onStop(() => ledger.destroy());
  return {
    configPath,
    tenantUrl: urls.tenantUrl,
    uiUrl: temporalServer.uiUrl!,
    temporal: access,
    ledger,
    braze,
    workerEnded: worker.ended,
  };
}

async function startDatabases(dir: string, session: Session): Promise<{ tenantUrl: string; ledgerUrl: string }> {
  const postgres = await session.start(() => startPostgres({ dir: join(dir, 'postgres'), note: note }));
  const tenantUrl = await postgres.createDatabase('tenant');
  const ledgerUrl = await postgres.createDatabase('ledger');
  await createTenant(tenantUrl);
  return { tenantUrl, ledgerUrl };
}

async function writeConfig(dir: string, servers: DemoServers): Promise<string> {
  await mkdir(dir, { recursive: true });
  const configPath = join(dir, 'peak-braze.yaml');
  await writeFile(configPath, demoConfig(servers));
  await writeFile(join(dir, '.env'), demoVariables(servers), { mode: 0o600 });
  return configPath;
}

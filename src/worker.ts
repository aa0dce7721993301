import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { Logger } from 'pino';
import { createActivities } from './activities';
import { createBrazeClient, type BrazeClient } from './braze/client';
import { WORKFLOW_BUNDLE } from './bundleWorkflows';
import { configFileHash } from './config/fileHash';
import { mappingFingerprint } from './config/fingerprint';
import { loadConfig } from './config/load';
import { ConfigError } from './config/problem';
import { migrateLedger } from './ledger/migrate';
import { openLedger, type Ledger } from './ledger/open';
import { noteWorkerConfig } from './ledger/workerConfigs';
import { webhookNotifier } from './notices/channel';
import { InvalidConfiguration, type Configuration } from './planning/configuration';
import { isRunOpen } from './temporal/isRunOpen';
import { registerSearchAttributes } from './temporal/searchAttributes';
import { openTenant } from './tenant/open';
import type { TenantStore } from './tenant/store';
import { SENDING } from './types/sendingTimes';

/** The ledger learns of a changed config file within this time. */
const LOOK_AT_FILE_EVERY_MS = 10_000;

interface WorkerOptions {
  /** Read again whenever a run asks: a fixed file or key takes effect without a restart. */
  configPath: string;
  env: Readonly<Record<string, string | undefined>>;
  temporal: { address: string; namespace: string; taskQueue: string };
  ledgerUrl: string;
  log: Logger;
  /** Code of the workflow bundle; default the one from the build, else the sources. */
  workflowBundle?: { code: string };
}

/** A worker that takes tasks until it is stopped. */
export interface RunningWorker {
  /** Resolves when the worker has stopped; rejects when it died. */
  readonly ended: Promise<void>;
  /** Lets activities finish what is in flight, then stops. */
  stop(): Promise<void>;
}

/**
 * The composition root: config → dependencies → activities → worker. Migrates the ledger (one worker at a time) and
 * registers the search attributes before the first task.
 */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { temporal, log } = options;
  const ledger = openLedger(options.ledgerUrl);
  const connection = await Connection.connect({ address: temporal.address });
  const client = new Client({ connection, namespace: temporal.namespace });
  const native = await NativeConnection.connect({ address: temporal.address });
  const tenants = new Map<string, TenantStore>();
  const brazes = new Map<string, BrazeClient>();

  let looking: NodeJS.Timeout | undefined;

  async function close(): Promise<void> {
    clearInterval(looking);
    await Promise.allSettled([...tenants.values()].map((tenant) => tenant.close()));
    await Promise.allSettled([...brazes.values()].map((braze) => braze.close()));
    await Promise.allSettled([native.close(), connection.close(), ledger.destroy()]);
  }

  try {
    await migrateLedger(ledger);
    const searchAttributes = await registerSearchAttributes(client, temporal.namespace);
    const worker = await Worker.create({
      connection: native,
      namespace: temporal.namespace,
      taskQueue: temporal.taskQueue,
      ...workflowCode(options),
      activities: createActivities({
        ledger,
        readConfiguration: () => readConfiguration(options),
        fingerprint: mappingFingerprint,
        // A query on the tenant's database may be slow, but one that is never answered must not block a run forever.
        tenant: (url) =>
          getOrCreate(tenants, url, () => openTenant(url, { giveUpAfterMs: SENDING.tenantStatementTimeoutMs })),
        braze: (endpoint, apiKey) =>
          getOrCreate(brazes, `${endpoint} ${apiKey}`, () => createBrazeClient({ endpoint, apiKey })),
        workflows: { isOpen: (run) => isRunOpen(client, run) },
        notifier: webhookNotifier(() => readWebhooks(options)),
        searchAttributes,
        log,
      }),
      // A stop reaches a running activity with the response to a heartbeat, delayed by at most this.
      maxHeartbeatThrottleInterval: '500 milliseconds',
      // After a worker is killed, a signal would wait ten seconds for its cache.
      stickyQueueScheduleToStartTimeout: '2 seconds',
      maxConcurrentActivityTaskExecutions: 40,
      maxCachedWorkflows: 50,
      // In flight: at most 10 s a request. The container is given longer than both (docker-compose.yml).
      shutdownGraceTime: '15 seconds',
      shutdownForceTime: '25 seconds',
    });
    const note = fileNoter(ledger, options);
    await note();
    looking = setInterval(() => void note(), LOOK_AT_FILE_EVERY_MS);
    const ended = worker.run().finally(close);
    return {
      ended,
      async stop() {
        if (worker.getState() === 'RUNNING') worker.shutdown();
        await ended;
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Records in the ledger which config file this machine's worker reads, so that a command can report a different one. */
function fileNoter(ledger: Ledger, { configPath, temporal, log }: WorkerOptions): () => Promise<void> {
  let noted: string | null = null;
  return async () => {
    const hash = configFileHash(configPath);
    if (hash === null || hash === noted) return;
    try {
      await noteWorkerConfig(ledger, hostname(), temporal.taskQueue, hash);
      noted = hash;
    } catch {
      log.warn('The config file could not be recorded in the ledger; the next check tries again.');
    }
  };
}

function workflowCode({ workflowBundle }: WorkerOptions) {
  if (workflowBundle !== undefined) return { workflowBundle };
  if (existsSync(WORKFLOW_BUNDLE)) return { workflowBundle: { codePath: WORKFLOW_BUNDLE } };
  return { workflowsPath: require.resolve('./workflows') };
}

/** The current config. Its problems become one sentence, because a run's hold shows only the first. */
function readConfiguration({ configPath, env }: WorkerOptions): Configuration {
  const config = asInvalidConfiguration(() => loadConfig(configPath, { env }));
  return {
    syncs: config.syncs,
    ledger: config.ledger,
    apiKey: (workspace) => asInvalidConfiguration(() => config.apiKey(workspace)),
    sourceUrl: (source) => asInvalidConfiguration(() => config.sourceUrl(source)),
  };
}

/** Webhooks of the current config; none when the file cannot be read: the URLs that were read before remain in use. */
function readWebhooks({ configPath, env }: WorkerOptions): ReadonlyMap<string, string | null> {
  const found = new Map<string, string | null>();
  try {
    const config = loadConfig(configPath, { env });
    for (const sync of Object.keys(config.syncs)) found.set(sync, config.webhook(sync)?.value ?? null);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
  }
  return found;
}

function asInvalidConfiguration<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new InvalidConfiguration(
      `${error.message.split('\n')[0]} Fix it, then retry; \`check\` reports every problem.`,
    );
  }
}

function getOrCreate<T>(all: Map<string, T>, key: string, open: () => T): T {
  const existing = all.get(key);
  if (existing !== undefined) return existing;
  const opened = open();
  all.set(key, opened);
  return opened;
}

import { setTimeout as sleep } from 'node:timers/promises';
import { clearStalePostmasterFile, postgresEnvironment, runningServer } from './postgresCluster';
import type { PostgresCluster } from './postgresCluster';
import type { StopStep } from './processes';
import { startServerProcess } from './serverProcess';
import type { ServerCommand, ServerProcess } from './serverProcess';

/** Server settings by name, as in postgresql.conf. */
export type PostgresSettings = Readonly<Record<string, string | number>>;

/** SIGINT: ends sessions, writes a checkpoint. SIGQUIT: at once, the next start recovers. Neither loses a commit. */
export const POSTGRES_STOP_STEPS = [
  { signal: 'SIGINT', graceMs: 30_000 },
  { signal: 'SIGQUIT', graceMs: 5_000 },
  { signal: 'SIGKILL', graceMs: 5_000 },
] as const satisfies readonly StopStep[];

/** Recovery after kill -9 reads the log since the last checkpoint: seconds, with a large one minutes. */
const START_TIMEOUT_MS = 10 * 60_000;

const SETTINGS: PostgresSettings = {
  listen_addresses: '127.0.0.1',
  // A socket's path may have at most 107 characters, and TCP is enough.
  unix_socket_directories: '',
  // Messages about failed statements quote values, which are customers' data. This keeps the server's own messages only.
  log_min_messages: 'log',
};

/** Another server uses the data, or a killed one left processes behind: worth a retry. */
export class PostgresDataInUse extends Error {}

/**
 * Starts a server on the cluster and resolves when it accepts connections.
 *
 * @throws PostgresDataInUse when another one has the data; else Error with one sentence and the end of the log
 */
export async function launchPostgres(
  cluster: PostgresCluster,
  { port, settings = {}, lifetime }: { port: number; settings?: PostgresSettings; lifetime: ServerCommand['lifetime'] },
): Promise<ServerProcess> {
  const running = await runningServer(cluster.dir);
  if (running !== null) {
    throw new PostgresDataInUse(`Another Postgres server (pid ${running.pid}) runs on ${cluster.dataDir}.`);
  }
  await clearStalePostmasterFile(cluster.dir);
  const assignments = Object.entries({ ...SETTINGS, ...settings }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  const server = await startServerProcess({
    ...cluster.account.invocation(cluster.programs.postgres, [
      '-D',
      cluster.dataDir,
      '-p',
      String(port),
      ...assignments,
    ]),
    env: postgresEnvironment(),
    logFile: cluster.logFile,
    stopSteps: POSTGRES_STOP_STEPS,
    lifetime,
  });
  await untilReady(cluster, server);
  return server;
}

async function untilReady(cluster: PostgresCluster, server: ServerProcess): Promise<void> {
  const untilMs = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < untilMs) {
    const end = server.ended();
    if (end !== null) {
      const logged = await server.lastLogLines();
      const message = `Postgres did not start (${end}). Its log, ${cluster.logFile}, ends with:\n${logged}`;
      // The second: children of a killed server that have not noticed yet.
      throw /lock file "postmaster.pid"|pre-existing shared memory block/.test(logged)
        ? new PostgresDataInUse(message)
        : new Error(message);
    }
    const running = await runningServer(cluster.dir);
    if (running?.pid === server.pid && running.ready) return;
    await sleep(20);
  }
  await server.stop();
  throw new Error(`Postgres is not ready after ${START_TIMEOUT_MS / 60_000} minutes; see ${cluster.logFile}.`);
}

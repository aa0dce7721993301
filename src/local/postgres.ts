import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { noteWhileWaiting } from './note';
import type { Note } from './note';
import { freePort, untilPortFree } from './ports';
import { connectionProblem, createDatabaseOnce, withClient } from './postgresClient';
import { clusterUrl, openCluster, runningServer } from './postgresCluster';
import type { PostgresCluster } from './postgresCluster';
import { launchPostgres, PostgresDataInUse } from './postgresServer';
import type { PostgresSettings } from './postgresServer';
import type { ServerProcess } from './serverProcess';

interface PostgresOptions {
  /** Folder for the data (`data/`), the password and the log. Created when missing; keeps its data between starts. */
  dir: string;
  /** Port on 127.0.0.1. Default: a free one. */
  port?: number;
  note: Note;
  /** Server settings as in postgresql.conf. */
  settings?: PostgresSettings;
  /** A folder with bin/ and lib/ of a Postgres instead of the one from npm. */
  nativeDir?: string;
}

/** A Postgres that was started here. */
export interface PostgresServer {
  /** Of the database `postgres`, as superuser. */
  url: string;
  port: number;
  pid: number;
  /** Creates the database unless it exists, and returns its url. */
  createDatabase(name: string): Promise<string>;
  /** Ends all sessions, stops the server and waits for its end. Calling twice is harmless. */
  stop(): Promise<void>;
}

/** A port that was free may be taken a moment later; only for ports we chose ourselves. */
const PORT_ATTEMPTS = 3;
const NOTICES_OWNERS_DEATH_MS = 1_000;
/** A checkpoint of much data takes time. */
const ENDS_MS = 30_000;

/**
 * Starts a real Postgres, creating its data folder the first time, and resolves when it answers. It ends with this process,
 * however this process ends (see startServerProcess). Data left by a kill -9 is recovered.
 *
 * @throws Error with one sentence and the end of the server's log, when it does not start
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  return noteWhileWaiting('Postgres', options.note, async () => {
    const cluster = await openCluster(resolve(options.dir), options.nativeDir);
    for (let attempt = 1; ; attempt++) {
      const port = options.port ?? (await freePort());
      if (options.port !== undefined) await untilPortFree(port);
      try {
        return await startOnPort(cluster, port, options.settings);
      } catch (error) {
        const takenMeanwhile = /could not bind/.test((error as Error).message) && options.port === undefined;
        if (!takenMeanwhile || attempt === PORT_ATTEMPTS) throw error;
      }
    }
  });
}

async function startOnPort(
  cluster: PostgresCluster,
  port: number,
  settings: PostgresSettings | undefined,
): Promise<PostgresServer> {
  const server = await launchWhenFree(cluster, port, settings);
  const url = clusterUrl(port, cluster.password, 'postgres');
  try {
    await withClient(url, (client) => client.query('select 1'));
  } catch (error) {
    await server.stop();
    throw connectionProblem(cluster.dir, error);
  }
  return {
    url,
    port,
    pid: server.pid,
    createDatabase: async (name) => {
      await withClient(url, (client) => createDatabaseOnce(client, name));
      return clusterUrl(port, cluster.password, name);
    },
    stop: () => server.stop(),
  };
}

/** The server of a process that was just killed ends too, which takes a moment. */
async function launchWhenFree(
  cluster: PostgresCluster,
  port: number,
  settings: PostgresSettings | undefined,
): Promise<ServerProcess> {
  const startedAtMs = Date.now();
  for (;;) {
    try {
      return await launchPostgres(cluster, { port, settings, lifetime: 'with-us' });
    } catch (error) {
      const staysUp = (await runningServer(cluster.dir))?.ready ?? false;
      const patienceMs = staysUp ? NOTICES_OWNERS_DEATH_MS : ENDS_MS;
      if (!(error instanceof PostgresDataInUse) || Date.now() - startedAtMs >= patienceMs) throw error;
      await sleep(50);
    }
  }
}

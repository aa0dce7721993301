import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { noteWhileWaiting } from './note';
import type { Note } from './note';
import { acceptsConnections, freePort } from './ports';
import {
  connectClient,
  connectionProblem,
  createDatabaseOnce,
  isPasswordRefused,
  keepEventLoop,
} from './postgresClient';
import { clusterUrl, openCluster, readPassword, runningServer } from './postgresCluster';
import { launchPostgres, POSTGRES_STOP_STEPS, PostgresDataInUse } from './postgresServer';
import type { PostgresSettings } from './postgresServer';
import { stopProcess } from './processes';

interface SharedPostgres {
  /** URL of the requested database. It stays the same across restarts of the server as long as its port is free. */
  url: string;
  /** Releases the server; the last user stops it and waits for its end. Calling twice is harmless. */
  release(): Promise<void>;
}

/** Any number: one key in the database `postgres`, held shared by every user and exclusively by the one that stops it. */
const USERS_LOCK = 7_203_301;

const LOOK_AGAIN_MS = 50;
const REJOIN_AFTER_MS = 1_000;
/** Long enough for a recovery that another user's start may have to do first. */
const JOIN_TIMEOUT_MS = 10 * 60_000;

/**
 * The Postgres in `dir` shared by all processes of this machine (worker, commands): uses the running one or starts it, in its
 * own session, so that neither Ctrl-C nor the end of the process that started it takes it from the others.
 *
 * Postgres itself knows its users: every user keeps one connection with a shared advisory lock. A killed process loses its
 * connection and so its registration; no lock file or list of pids can be left behind. To leave, a process releases its lock
 * and asks for the same lock exclusively: it gets it only when no other user is left, and while it stops the server no one can
 * register. When two start at once, Postgres's own postmaster.pid decides: one starts, the other joins.
 *
 * When the server itself is killed, its users start it again and register again.
 *
 * `database` (default `ledger`) is created when missing. The connection does not keep the event loop running.
 *
 * @throws Error with one sentence, when the server does not start or accepts no connection
 */
export async function useSharedPostgres(
  dir: string,
  note: Note,
  { database = 'ledger', settings }: { database?: string; settings?: PostgresSettings } = {},
): Promise<SharedPostgres> {
  const leaving = new AbortController();
  const place: Place = { dir: resolve(dir), settings };
  let membership = await noteWhileWaiting('the embedded Postgres', note, async () => {
    const first = await joinServer(place);
    try {
      await createDatabaseOnce(first.client, database);
    } catch (error) {
      await leave(first);
      throw error;
    }
    keepEventLoop(first.client, false);
    return first;
  });

  const asked = new Promise((resolve) => leaving.signal.addEventListener('abort', resolve));
  const keptUp = (async () => {
    for (;;) {
      await Promise.race([membership.lost, asked]);
      if (leaving.signal.aborted) return;
      try {
        membership = await joinServer(place);
        keepEventLoop(membership.client, false);
      } catch (error) {
        if (leaving.signal.aborted) return;
        note(`the embedded Postgres is not available, retrying: ${(error as Error).message}`);
        await sleep(REJOIN_AFTER_MS, undefined, { ref: false, signal: leaving.signal }).catch(() => undefined);
      }
    }
  })();

  let released: Promise<void> | null = null;
  return {
    url: clusterUrl(membership.port, membership.password, database),
    release: () =>
      (released ??= (async () => {
        leaving.abort();
        // A registration in progress finishes first: else a server that we just started again would run without a user.
        await keptUp;
        await leave(membership);
      })()),
  };
}

interface Place {
  dir: string;
  settings: PostgresSettings | undefined;
}

interface Membership {
  pid: number;
  port: number;
  password: string;
  client: Client;
  /** Resolves when the registration is gone because its connection is. */
  lost: Promise<void>;
}

async function joinServer(place: Place): Promise<Membership> {
  const untilMs = Date.now() + JOIN_TIMEOUT_MS;
  while (Date.now() < untilMs) {
    const server = await runningServer(place.dir);
    if (server === null) {
      await startForAll(place);
    } else if (server.ready) {
      const membership = await register(place.dir, server);
      if (membership !== null) return membership;
    }
    // Just starting or stopping, by another process.
    await sleep(LOOK_AGAIN_MS);
  }
  throw new Error(
    `The embedded Postgres in ${place.dir} accepts no connection; see ${join(place.dir, 'postgres.log')}.`,
  );
}

async function startForAll({ dir, settings }: Place): Promise<void> {
  const cluster = await openCluster(dir);
  const port = await rememberedPort(dir);
  try {
    await launchPostgres(cluster, { port, settings, lifetime: 'own' });
  } catch (error) {
    // Another process was quicker: join its server.
    if (error instanceof PostgresDataInUse) return;
    if (!/could not bind/.test((error as Error).message)) throw error;
    // The port is taken: choose another.
    return rm(portFile(dir), { force: true });
  }
  await rememberPort(dir, port);
}

/** Null: it is stopping, or ended while we asked. */
async function register(dir: string, server: { pid: number; port: number }): Promise<Membership | null> {
  const password = await readPassword(dir);
  let client: Client;
  try {
    client = await connectClient(clusterUrl(server.port, password, 'postgres'), `peak-braze user ${process.pid}`);
  } catch (error) {
    if (isPasswordRefused(error)) throw connectionProblem(dir, error);
    return null;
  }
  const lost = new Promise<void>((gone) => client.once('end', gone));
  const registered = await askLock(client, 'pg_try_advisory_lock_shared').catch(() => false);
  if (registered) return { pid: server.pid, port: server.port, password, client, lost };
  await client.end();
  return null;
}

async function leave({ pid, client }: Membership): Promise<void> {
  keepEventLoop(client, true);
  let last: boolean;
  try {
    await askLock(client, 'pg_advisory_unlock_shared');
    last = await askLock(client, 'pg_try_advisory_lock');
  } catch {
    // The connection is lost and the registration with it; the next user finds the server or starts it.
    return;
  }
  if (last) await stopProcess(pid, POSTGRES_STOP_STEPS);
  await client.end();
}

async function askLock(
  client: Client,
  call: 'pg_try_advisory_lock_shared' | 'pg_advisory_unlock_shared' | 'pg_try_advisory_lock',
): Promise<boolean> {
  const { rows } = await client.query<{ done: boolean }>(`select ${call}($1) as done`, [USERS_LOCK]);
  return rows[0]?.done === true;
}

/** The same port as last time where possible: users keep their url when they start a killed server again. */
async function rememberedPort(dir: string): Promise<number> {
  const port = Number(await readFile(portFile(dir), 'utf8').catch(() => ''));
  // Not by listening for a moment: two users who check at once would each think the port is taken.
  return port > 0 && !(await acceptsConnections(port)) ? port : freePort();
}

async function rememberPort(dir: string, port: number): Promise<void> {
  const unfinished = `${portFile(dir)}.${process.pid}.new`;
  await writeFile(unfinished, String(port));
  await rename(unfinished, portFile(dir));
}

function portFile(dir: string): string {
  return join(dir, 'port');
}

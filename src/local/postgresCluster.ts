import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, link, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { postgresAccount } from './postgresAccount';
import type { PostgresAccount } from './postgresAccount';
import { findPostgresPrograms } from './postgresPrograms';
import type { PostgresPrograms } from './postgresPrograms';
import { isAlive, isProgram } from './processes';

const run = promisify(execFile);

/** Superuser of our servers. */
const POSTGRES_USER = 'postgres';

/** A data folder that exists, and how to run its server. */
export interface PostgresCluster {
  dir: string;
  dataDir: string;
  logFile: string;
  password: string;
  account: PostgresAccount;
  programs: PostgresPrograms;
}

/**
 * Opens the cluster in `<dir>/data`, creating it when there is none. `<dir>/password` (0600) keeps its password: any
 * user of this machine can connect to 127.0.0.1.
 *
 * @throws Error when the folder, or its password, cannot be made or read
 */
export async function openCluster(dir: string, nativeDir?: string): Promise<PostgresCluster> {
  const programs = await findPostgresPrograms(nativeDir);
  const dataDir = dataDirOf(dir);
  await mkdir(dir, { recursive: true });
  const account = await postgresAccount({ dir, dataDir, postgres: programs.postgres });
  const cluster = { dir, dataDir, logFile: join(dir, 'postgres.log'), account, programs };
  if (await exists(join(dataDir, 'PG_VERSION'))) return { ...cluster, password: await readPassword(dir) };
  const password = await keepPassword(dir, account);
  await initialise({ ...cluster, password });
  return { ...cluster, password };
}

/** Where a cluster's data is. */
export function dataDirOf(dir: string): string {
  return join(dir, 'data');
}

/** The embedded Postgres has no TLS, so PGSSLMODE of the shell must not apply. */
export function clusterUrl(port: number, password: string, database: string): string {
  return `postgres://${POSTGRES_USER}:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}?sslmode=disable`;
}

/** The server that runs on this cluster, or null. Its own postmaster.pid says so; one left by kill -9 does not count. */
export async function runningServer(dir: string): Promise<{ pid: number; port: number; ready: boolean } | null> {
  const lines = (await readFile(postmasterFile(dir), 'utf8').catch(() => '')).split('\n');
  const [pid, startedOn, , port] = lines;
  if (!pid || !startedOn || !(await isProgram(Number(pid), startedOn))) return null;
  return { pid: Number(pid), port: Number(port), ready: lines[7]?.trim() === 'ready' };
}

/**
 * Removes a postmaster.pid whose pid belongs to an unrelated program by now: Postgres would refuse to start. Postgres itself
 * removes one whose process is dead, and checks more than we could.
 */
export async function clearStalePostmasterFile(dir: string): Promise<void> {
  const pid = Number((await readFile(postmasterFile(dir), 'utf8').catch(() => '')).split('\n')[0]);
  if (pid && (await isAlive(pid)) && (await runningServer(dir)) === null)
    await rm(postmasterFile(dir), { force: true });
}

/**
 * The password of the superuser.
 *
 * @throws Error when it cannot be read
 */
export async function readPassword(dir: string): Promise<string> {
  try {
    return (await readFile(passwordFile(dir), 'utf8')).trim();
  } catch (error) {
    throw new Error(`Cannot read ${passwordFile(dir)}, the password of the Postgres data beside it.`, { cause: error });
  }
}

/** In a separate folder first, so that a killed process leaves no partial cluster. */
async function initialise({ dir, dataDir, account, programs }: PostgresCluster): Promise<void> {
  const unfinished = `${dataDir}.${process.pid}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  if (account.owner) await chown(unfinished, account.owner.uid, account.owner.gid);
  const { command, args, uid, gid } = account.invocation(programs.initdb, [
    '-D',
    unfinished,
    '-U',
    POSTGRES_USER,
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile(dir)}`,
    // Needs no locale of the machine, and sorts and folds case the same everywhere.
    '--encoding=UTF8',
    '--no-locale',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
  ]);
  try {
    await run(command, args, { cwd: '/', env: postgresEnvironment(), uid, gid });
    await rename(unfinished, dataDir);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Another process created it at the same time, with the same password.
    if (await exists(join(dataDir, 'PG_VERSION'))) return;
    const { stderr, message } = error as Error & { stderr?: string };
    throw new Error(`Cannot create the Postgres data folder ${dataDir}:\n${(stderr || message).trim()}`, {
      cause: error,
    });
  }
}

/** Creates the password, or returns the one another process created first. Atomic: link(2) never overwrites. */
async function keepPassword(dir: string, account: PostgresAccount): Promise<string> {
  const unfinished = `${passwordFile(dir)}.${process.pid}.new`;
  await writeFile(unfinished, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
  await chmod(unfinished, 0o600);
  // initdb reads it as that user.
  if (account.owner) await chown(unfinished, account.owner.uid, account.owner.gid);
  await link(unfinished, passwordFile(dir)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(unfinished);
  return readPassword(dir);
}

/** Settings for another Postgres (PGDATA, PGPORT, PGOPTIONS …) must not reach ours. */
export function postgresEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PG')));
}

function passwordFile(dir: string): string {
  return join(dir, 'password');
}

function postmasterFile(dir: string): string {
  return join(dataDirOf(dir), 'postmaster.pid');
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

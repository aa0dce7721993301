import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CliProblem, EXIT } from '../cli/shared/problem';
import { note } from '../cli/shared/screen';
import { readPassword, runningServer } from '../local/postgresCluster';
import { useSharedPostgres } from '../local/sharedPostgres';
import { ensureSampleTenant } from './sampleTenant';
import type { Session } from './session';

/** The Postgres of this folder, running. */
export interface LocalPostgres {
  port: number;
  ledgerUrl: string;
  /** Null: none was asked for. */
  sample: { url: string; customers: number } | null;
}

/**
 * The Postgres of this folder, which commands and workers share as the ledger `embedded`; with a sample tenant beside the
 * ledger where one is wanted. It stays as long as anybody uses it.
 *
 * @throws CliProblem when the port that was asked for is not to be had
 */
export async function ensurePostgres(
  folder: string,
  session: Session,
  { sample, port }: { sample: boolean; port?: number },
): Promise<LocalPostgres> {
  const dir = postgresDir(folder);
  if (port !== undefined) await rememberPort(dir, port);
  const ledgerUrl = await useDatabase(dir, 'ledger', session);
  const actualPort = Number(new URL(ledgerUrl).port);
  if (port !== undefined && actualPort !== port) {
    throw new CliProblem(`Port ${port} is in use by another program. Choose another: --port`, EXIT.failed);
  }
  if (!sample) return { port: actualPort, ledgerUrl, sample: null };
  const url = await useDatabase(dir, 'tenant', session);
  return { port: actualPort, ledgerUrl, sample: { url, customers: await ensureSampleTenant(url) } };
}

/** Whether an address names a server of this folder, also one on a port that it no longer has. */
export async function isFolderPostgres(folder: string, url: string): Promise<boolean> {
  const password = await readPassword(postgresDir(folder)).catch(() => null);
  return password !== null && URL.canParse(url) && decodeURIComponent(new URL(url).password) === password;
}

function postgresDir(folder: string): string {
  return join(folder, 'postgres');
}

/** One database of it, for as long as the session lasts. */
async function useDatabase(dir: string, database: string, session: Session): Promise<string> {
  const { url } = await session.start(async () => {
    const shared = await useSharedPostgres(dir, note, { database });
    return { url: shared.url, stop: () => shared.release() };
  });
  return url;
}

/** The port is kept beside the data; the server is started on it when it is free. */
async function rememberPort(dir: string, port: number): Promise<void> {
  const running = await runningServer(dir);
  if (running !== null && running.port !== port) {
    throw new CliProblem(
      `The Postgres of this folder runs on port ${running.port} already. Stop the commands that use it first.`,
      EXIT.failed,
    );
  }
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'port'), String(port));
}

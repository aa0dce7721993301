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
  /** Null: not requested. */
  sample: { url: string; customers: number } | null;
}

/**
 * The Postgres of this folder, which commands and workers share as the ledger `embedded`; with a sample tenant beside the
 * ledger if requested. It runs until its last user has ended.
 *
 * @throws CliProblem when the requested port is in use
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
    throw new CliProblem(`Port ${port} is in use by another program. Choose another port with --port.`, EXIT.failed);
  }
  if (!sample) return { port: actualPort, ledgerUrl, sample: null };
  const url = await useDatabase(dir, 'tenant', session);
  return { port: actualPort, ledgerUrl, sample: { url, customers: await ensureSampleTenant(url) } };
}

/** Whether a URL leads to the Postgres of this folder, now or on an earlier port. */
export async function isFolderPostgres(folder: string, url: string): Promise<boolean> {
  const password = await readPassword(postgresDir(folder)).catch(() => null);
  return password !== null && URL.canParse(url) && decodeURIComponent(new URL(url).password) === password;
}

function postgresDir(folder: string): string {
  return join(folder, 'postgres');
}

/** The URL of one database, which is available until the session ends. */
async function useDatabase(dir: string, database: string, session: Session): Promise<string> {
  const { url } = await session.start(async () => {
    const shared = await useSharedPostgres(dir, note, { database });
    return { url: shared.url, stop: () => shared.release() };
  });
  return url;
}

/** Stores the port beside the data; the server starts on it if it is free. */
async function rememberPort(dir: string, port: number): Promise<void> {
  const running = await runningServer(dir);
  if (running !== null && running.port !== port) {
    throw new CliProblem(
      `The Postgres of this folder already runs on port ${running.port}. Stop the commands that use it first.`,
      EXIT.failed,
    );
  }
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'port'), String(port));
}

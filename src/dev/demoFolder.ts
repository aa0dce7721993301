import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CliProblem, EXIT } from '../cli/shared/problem';
import { runningServer } from '../local/postgresCluster';
import { endsWithin, isProgram } from '../local/processes';
import { findTemporalPid } from './temporalPid';

/** The guards of a killed demo's servers end them within this time, Postgres with a checkpoint. */
const FORMER_SERVER_MS = 15_000;

/**
 * Empties the demo's folder, so that each demo starts with new data.
 *
 * @throws CliProblem while another demo uses it
 */
export async function claimDemoFolder(dir: string): Promise<void> {
  const owner = Number(await readFile(ownerFile(dir), 'utf8').catch(() => ''));
  if (owner > 0 && owner !== process.pid && (await isProgram(owner, 'demo'))) {
    throw new CliProblem(
      `A demo is running in ${dir} (process ${owner}). Stop it first: Ctrl-C there, or kill ${owner}`,
      EXIT.failed,
    );
  }
  await mkdir(dirname(dir), { recursive: true });
  await writeFile(ownerFile(dir), String(process.pid));
  await untilFormerServersEnded(dir);
  // Retries: a server that has just ended may still write a file.
  await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  await mkdir(dir);
}

/** Releases the folder for the next demo. */
export async function leaveDemoFolder(dir: string): Promise<void> {
  await rm(ownerFile(dir), { force: true });
}

async function untilFormerServersEnded(dir: string): Promise<void> {
  const temporal = await findTemporalPid(join(dir, 'temporal', 'temporal.db'));
  const postgres = await runningServer(join(dir, 'postgres'));
  for (const pid of [temporal, postgres?.pid ?? null]) {
    if (pid === null || (await endsWithin(pid, FORMER_SERVER_MS))) continue;
    throw new CliProblem(`A server of an earlier demo still uses ${dir}. Stop it first: kill ${pid}`, EXIT.failed);
  }
}

/** Beside the folder, which is emptied. */
function ownerFile(dir: string): string {
  return `${dir}.pid`;
}

import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CliProblem, EXIT } from '../cli/shared/problem';
import { runningServer } from '../local/postgresCluster';
import { endsWithin, isProgram } from '../local/processes';
import { findTemporalPid } from './temporalPid';

/** Servers of a demo that was killed are ended by their guards, Postgres with a checkpoint. */
const FORMER_SERVER_MS = 15_000;

/**
 * Empties the demo's folder, so that each demo begins anew.
 *
 * @throws CliProblem while another demo works in it
 */
export async function claimDemoFolder(dir: string): Promise<void> {
  const holder = Number(await readFile(holderFile(dir), 'utf8').catch(() => ''));
  if (holder > 0 && holder !== process.pid && (await isProgram(holder, 'demo'))) {
    throw new CliProblem(
      `A demo is running in ${dir} (process ${holder}). Stop it first: Ctrl-C there, or kill ${holder}`,
      EXIT.failed,
    );
  }
  await mkdir(dirname(dir), { recursive: true });
  await writeFile(holderFile(dir), String(process.pid));
  await untilFormerServersEnded(dir);
  // Retries: a server that just ended may have left a file a moment ago.
  await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  await mkdir(dir);
}

/** Lets the next demo have the folder. */
export async function leaveDemoFolder(dir: string): Promise<void> {
  await rm(holderFile(dir), { force: true });
}

async function untilFormerServersEnded(dir: string): Promise<void> {
  const temporal = await findTemporalPid(join(dir, 'temporal', 'temporal.db'));
  const postgres = await runningServer(join(dir, 'postgres'));
  for (const pid of [temporal, postgres?.pid ?? null]) {
    if (pid === null || (await endsWithin(pid, FORMER_SERVER_MS))) continue;
    throw new CliProblem(`A server of an earlier demo still runs on ${dir}. Stop it first: kill ${pid}`, EXIT.failed);
  }
}

/** Beside the folder: it survives its emptying. */
function holderFile(dir: string): string {
  return `${dir}.pid`;
}

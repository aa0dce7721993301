import { readFile } from 'node:fs/promises';
import { isProgram } from '../local/processes';

/** The Temporal server that runs on this database file, as its starter noted; null: none. */
export async function findTemporalPid(dbFile: string): Promise<number | null> {
  const pid = Number(await readFile(`${dbFile}.pid`, 'utf8').catch(() => ''));
  return pid > 0 && (await isProgram(pid, dbFile)) ? pid : null;
}

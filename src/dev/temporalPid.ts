import { readFile } from 'node:fs/promises';
import { isProgram } from '../local/processes';

/** The process id of the Temporal server on this database file, as stored beside it; null: none runs. */
export async function findTemporalPid(dbFile: string): Promise<number | null> {
  const pid = Number(await readFile(`${dbFile}.pid`, 'utf8').catch(() => ''));
  return pid > 0 && (await isProgram(pid, dbFile)) ? pid : null;
}

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Transaction, readTransactions } from '../../demo/transactions';

/** The log has no known licence, so the repository does not contain it: it lies beside the project, or its tests are skipped. */
const FOLDER = join(__dirname, '../../../shared/cdnow');
export const MASTER = join(FOLDER, 'CDNOW_master.txt');
const SAMPLE = join(FOLDER, 'CDNOW_sample.txt');
const GOLDEN = join(FOLDER, 'golden_lifetimes_0.11.3_published_params.csv');

const isThere = [MASTER, SAMPLE, GOLDEN].every((file) => existsSync(file));
if (!isThere) process.stderr.write(`Tests on the CDNOW log are skipped: ${FOLDER} is not there.\n`);

/** `describe` for what needs the real log. Every such test has a twin on a simulated shop, which always runs. */
export const describeOnCdnow = isThere ? describe : describe.skip;

export function wholeLog(): Promise<Transaction[]> {
  return readTransactions(MASTER);
}

/** The tenth of the customers that the published figures are of, in the order of the golden file. */
export function sampleIds(): string[] {
  const ids = readFileSync(SAMPLE, 'utf8').matchAll(/^\s*(\d{5})\s+\d{4}\s/gm);
  return [...new Set(Array.from(ids, (match) => match[1]!))];
}

/** The golden file's rows: columns by name, as numbers. */
export function goldenRows(): Record<string, number>[] {
  const [header = '', ...lines] = readFileSync(GOLDEN, 'utf8').trim().split(/\r?\n/);
  const names = header.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((text, index) => [names[index]!, Number(text)])));
}

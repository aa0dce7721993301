import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { SyncInput } from '../../types/workflow';
import { CliProblem, EXIT } from '../shared/problem';

/** The options that say which part, as they were typed. */
export interface PartOptions {
  since?: string;
  until?: string;
  customer?: string[];
  customers?: string;
  everything?: boolean;
  clear?: string;
}

/** The part of the source table that was asked for. */
export type Part =
  | ({ kind: 'window' } & Pick<SyncInput, 'since' | 'until'>)
  | { kind: 'customers'; ids: AsyncIterable<string> | Iterable<string>; inWords: string }
  | { kind: 'everything' }
  | { kind: 'clear'; attribute: string };

/** More are a list, and a list is a file. */
export const CUSTOMERS_BY_NAME = 50;

/**
 * Exactly one way of saying which part; anything else would send more or less than was meant.
 *
 * @throws CliProblem for none or several of them, and for what is no time or no list
 */
export async function readPart(options: PartOptions): Promise<Part> {
  const { since, until, customer, customers, everything, clear } = options;
  const ways = [
    since !== undefined || until !== undefined,
    customer !== undefined,
    customers !== undefined,
    everything === true,
    clear !== undefined,
  ];
  if (ways.filter(Boolean).length !== 1) {
    throw new CliProblem(
      'Choose one part: --since and/or --until, --customer, --customers FILE, --everything, or --clear ATTRIBUTE.',
      EXIT.usage,
    );
  }
  if (everything === true) return { kind: 'everything' };
  if (clear !== undefined) return { kind: 'clear', attribute: clear };
  if (customer !== undefined) {
    if (customer.length > CUSTOMERS_BY_NAME) {
      const message = `--customer takes up to ${CUSTOMERS_BY_NAME} ids, not ${customer.length}. Put them in a file: --customers FILE`;
      throw new CliProblem(message, EXIT.usage);
    }
    return { kind: 'customers', ids: possible(customer), inWords: 'Customers named' };
  }
  if (customers !== undefined) {
    const inWords = `The customers of ${customers === '-' ? 'standard input' : customers}`;
    return { kind: 'customers', ids: possible(await linesOf(customers)), inWords };
  }
  const window = { ...timeOf('--since', since, 'since'), ...timeOf('--until', until, 'until') };
  if (window.since !== undefined && window.until !== undefined && Date.parse(window.since) > Date.parse(window.until)) {
    throw new CliProblem(`--since ${since} is later than --until ${until}.`, EXIT.usage);
  }
  return { kind: 'window', ...window };
}

function timeOf<K extends 'since' | 'until'>(option: string, text: string | undefined, key: K): { [P in K]?: string } {
  if (text === undefined) return {};
  // A date alone, or a time without a zone, is local time; the screen repeats it with its zone.
  const at = /^\d{4}-\d\d-\d\d/.test(text)
    ? new Date(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00` : text)
    : new Date(Number.NaN);
  if (Number.isNaN(at.getTime()) || !isDay(text)) {
    throw new CliProblem(`${option} ${text} is not a time. Write 2026-11-01 or 2026-11-01T06:00:00Z.`, EXIT.usage);
  }
  // A fraction of a microsecond that a Date would cut stays as it was typed.
  const exact = /\d{2}:\d{2}:\d{2}\.\d+(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : at.toISOString();
  return { [key]: exact } as { [P in K]?: string };
}

/** JavaScript takes the 30th of February for a day in March. */
function isDay(text: string): boolean {
  const [year, month, day] = text.slice(0, 10).split('-').map(Number);
  return new Date(Date.UTC(year!, month! - 1, day)).getUTCDate() === day;
}

/** More than Braze takes for any kind of identifier. */
const LONGEST_ID_BYTES = 1_000;

/** The ids, as they come; a file that cannot be a list of ids is refused as a whole. */
async function* possible(ids: AsyncIterable<string> | Iterable<string>): AsyncGenerator<string> {
  let number = 0;
  for await (const id of ids) {
    number += 1;
    if (id.trim() === '') throw new CliProblem('The id is blank.', EXIT.usage);
    if (id.includes('\0')) {
      const message = `Id ${number} contains a NUL byte, as files in UTF-16 do. Save the list as UTF-8. Nothing was started.`;
      throw new CliProblem(message, EXIT.usage);
    }
    if (Buffer.byteLength(id) > LONGEST_ID_BYTES) {
      throw new CliProblem(
        `Id ${number} is longer than ${LONGEST_ID_BYTES} bytes, the longest id of a customer. Write one id a line. Nothing was started.`,
        EXIT.usage,
      );
    }
    yield id;
  }
}

/** Ids of a file or of standard input, one a line; blank lines are passed over. */
async function linesOf(file: string): Promise<AsyncIterable<string>> {
  if (file !== '-') {
    const found = await stat(file).catch(() => null);
    if (found === null || !found.isFile()) throw new CliProblem(`There is no file ${file}.`, EXIT.usage);
  }
  return nonBlankLines(file);
}

/** The reader is made when the first line is asked for: one that waits loses what it reads meanwhile. */
async function* nonBlankLines(file: string): AsyncGenerator<string> {
  const input = file === '-' ? process.stdin : createReadStream(file, 'utf8');
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() !== '') yield line.trim();
  }
}

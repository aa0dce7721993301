import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import type { Config } from '../config/config';
import { storeSelection } from '../ledger/selections';
import type { SyncInput } from '../types';
import { command } from './command';
import { readConfig, requireSync, withLedger, type CommonOptions } from './context';
import { CliProblem, EXIT } from './problem';
import { startAndFollow } from './run';
import { plural, say } from './screen';

interface BackfillOptions extends CommonOptions {
  since?: string;
  until?: string;
  customer?: string[];
  customers?: string;
  everything?: boolean;
  resend?: boolean;
  detach?: boolean;
  waitHeld: boolean;
}

/** More are a list, and a list is a file. */
const CUSTOMERS_BY_NAME = 50;

export function addBackfill(program: Command): void {
  command(
    program,
    'backfill <sync>',
    'Send a part of the store again: a window, some customers, or everything',
    'peak-braze backfill churn --since 2026-11-01 --until 2026-11-08',
  )
    .option('--since <time>', 'rows updated at or after this time')
    .option('--until <time>', 'rows updated at or before this time')
    .option('--customer <id...>', `these customers (up to ${CUSTOMERS_BY_NAME})`)
    .option('--customers <file>', 'the customers in this file, one id a line; - reads standard input')
    .option('--everything', 'the whole store')
    .option('--resend', 'also what Braze holds already')
    .option('--detach', 'start and leave')
    .option('--no-wait-held', 'exit 3 when the run is held, instead of waiting')
    .action(async (sync: string, options: BackfillOptions) => {
      const config = readConfig(options);
      requireSync(config, sync);
      const input: SyncInput = {
        sync,
        mode: 'backfill',
        ...(await partOf(config, options)),
        ...(options.resend ? { resend: true } : {}),
      };
      process.exitCode = await startAndFollow(config, input, 'backfill', options);
    });
}

/** Exactly one way of saying which part; anything else would send more or less than was meant. */
async function partOf(
  config: Config,
  options: BackfillOptions,
): Promise<Pick<SyncInput, 'since' | 'until' | 'selection'>> {
  const { since, until, customer, customers, everything } = options;
  const ways = [
    since !== undefined || until !== undefined,
    customer !== undefined,
    customers !== undefined,
    everything === true,
  ];
  if (ways.filter(Boolean).length !== 1) {
    throw new CliProblem(
      'Say which part, in one way: --since and/or --until, --customer, --customers FILE, or --everything.',
      EXIT.usage,
    );
  }
  if (everything === true) return {};
  if (customer !== undefined) {
    if (customer.length > CUSTOMERS_BY_NAME) {
      const message = `--customer takes up to ${CUSTOMERS_BY_NAME} ids, not ${customer.length}. Write them to a file: --customers FILE`;
      throw new CliProblem(message, EXIT.usage);
    }
    return store(config, customer);
  }
  if (customers !== undefined) return store(config, await linesOf(customers));
  const window = { ...timeOf('--since', since, 'since'), ...timeOf('--until', until, 'until') };
  if (window.since !== undefined && window.until !== undefined && window.since > window.until) {
    throw new CliProblem(`--since ${since} is later than --until ${until}.`, EXIT.usage);
  }
  return window;
}

function timeOf<K extends 'since' | 'until'>(option: string, text: string | undefined, key: K): { [P in K]?: string } {
  if (text === undefined) return {};
  // A date alone, or a time without a zone, is the reader's own: said back, so that nobody has to guess.
  const at = /^\d{4}-\d\d-\d\d/.test(text)
    ? new Date(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00` : text)
    : new Date(Number.NaN);
  if (Number.isNaN(at.getTime())) {
    throw new CliProblem(`${option} ${text} is not a time. Write 2026-11-01 or 2026-11-01T06:00:00Z.`, EXIT.usage);
  }
  // A fraction of a microsecond that a Date would cut stays as it was typed.
  const exact = /\d{2}:\d{2}:\d{2}\.\d+(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : at.toISOString();
  return { [key]: exact } as { [P in K]?: string };
}

async function store(
  config: Config,
  customers: AsyncIterable<string> | Iterable<string>,
): Promise<{ selection: string }> {
  const { id, customers: stored } = await withLedger(config, (ledger) => storeSelection(ledger, customers));
  if (stored === 0) throw new CliProblem('The list has no customer id in it.', EXIT.usage);
  say(`${plural(stored, 'customer')} chosen.`);
  return { selection: id };
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

import type { Command } from 'commander';
import { countRejections, listRejections } from '../ledger/rejections';
import { command } from './command';
import { readConfig, requireSync, withLedger, type CommonOptions } from './context';
import { CliProblem, EXIT } from './problem';
import { count, print, printJson, table, when } from './screen';

interface RejectedOptions extends CommonOptions {
  run?: string;
}

/** A person at a screen wants to see a few; a program gets all. */
const SHOWN = 50;

export function addRejected(program: Command): void {
  command(
    program,
    'rejected <sync>',
    'Customers and values that could not be sent, and why; open until a value is accepted',
    'peak-braze rejected churn',
  )
    .option('--run <number>', 'those of one run, open or closed')
    .action(async (sync: string, options: RejectedOptions) => {
      const config = readConfig(options);
      requireSync(config, sync);
      const run = options.run === undefined ? undefined : Number(options.run);
      if (run !== undefined && !Number.isInteger(run))
        throw new CliProblem(`--run ${options.run} is not a run's number.`, EXIT.usage);
      await withLedger(config, async (ledger) => {
        const limit = options.json ? 2 ** 31 - 1 : SHOWN;
        const rejections = await listRejections(ledger, sync, { run, limit });
        if (options.json) {
          return printJson(
            rejections.map(({ attribute, ...rest }) => ({ ...rest, ...(attribute === null ? {} : { attribute }) })),
          );
        }
        if (rejections.length === 0) return print(`ok    ${sync}: nothing is rejected.`);
        const reasons = await countRejections(ledger, sync);
        print(`${sync}, open: ${reasons.map((one) => `${one.reason} (${count(one.count)})`).join(', ') || 'none'}`);
        const rows = rejections.map((one) => [
          String(one.run),
          one.customerId ?? '-',
          one.attribute ?? '-',
          one.reason,
          when(one.at),
          one.open ? 'open' : 'closed',
          one.message,
        ]);
        for (const line of table(['RUN', 'CUSTOMER', 'ATTRIBUTE', 'REASON', 'AT', '', 'WHY'], rows)) print(line);
        if (rejections.length === SHOWN) print(`The newest ${SHOWN}; all of them: peak-braze rejected ${sync} --json`);
      });
    });
}

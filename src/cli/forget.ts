import type { Command } from 'commander';
import { shellWord, typed } from '../invocation';
import {
  forgetCustomer,
  LedgerBusyError,
  rememberCustomer,
  suppressedSince,
  type Forgotten,
} from '../ledger/suppressed';
import { command } from './shared/command';
import { readConfig, type CommonOptions } from './shared/context';
import { withLedger } from './shared/ledgerAccess';
import { CliProblem, EXIT } from './shared/problem';
import { plural, print, printJson, when } from './shared/screen';

interface ForgetOptions extends CommonOptions {
  undo?: boolean;
}

/** Each table in the words of a person who has to answer for it. */
const HELD: Readonly<Record<keyof Forgotten['deleted'], string>> = {
  acknowledged: 'what Braze had accepted',
  uncertain: 'values without an answer',
  rejections: 'rejections',
  selections: 'lists of backfills',
  outbox: 'values staged in open runs',
};

/** `forget`: a customer is never sent again, and the ledger keeps nothing of them. */
export function addForget(program: Command): void {
  command(
    program,
    'forget <id>',
    'Stop every sync from sending this customer, and delete what the ledger stores about them',
    'forget 00042',
  )
    .option('--undo', 'undo it: let syncs send this customer again')
    .action(async (customer: string, options: ForgetOptions) => {
      const config = readConfig(options);
      const syncs = Object.keys(config.syncs);
      if (customer.trim() === '') throw new CliProblem('The id is blank.', EXIT.usage);
      await withLedger(config, async (ledger) => {
        if (options.undo) {
          const lifted = await rememberCustomer(ledger, customer);
          if (options.json) return printJson({ customerId: customer, suppressed: false, lifted });
          return print(lifted ? liftedLine(customer, syncs) : `note  ${customer} was not forgotten; nothing changed.`);
        }
        const before = await suppressedSince(ledger, customer);
        const forgotten = await forgetCustomer(ledger, customer).catch(orBusy);
        if (options.json) return printJson({ customerId: customer, suppressed: true, before, ...forgotten });
        for (const line of evidence(customer, before, forgotten)) print(line);
      });
    });
}

function orBusy(error: unknown): never {
  if (!(error instanceof LedgerBusyError)) throw error;
  throw new CliProblem('The ledger is too busy, so nothing was changed. Run the command again.', EXIT.failed);
}

function evidence(customer: string, before: string | null, { at, deleted }: Forgotten): string[] {
  const again = before === null ? '' : ` It was already forgotten ${when(before)}.`;
  const tables = Object.entries(HELD) as [keyof Forgotten['deleted'], string][];
  const nothing = tables.every(([table]) => deleted[table] === 0);
  return [
    `ok    ${customer} has been forgotten since ${at}; no run of any sync sends this customer.${again}`,
    ...tables.map(([table, words]) => `      ${words.padEnd(34)}${plural(deleted[table], 'row')} of ${table}`),
    ...(nothing
      ? [
          'warn  The ledger held nothing of this id. An id has to be spelled as the source table prints it (42 is not 00042, nor a UUID in capitals). Look it up:',
          `      ${typed(`customer <sync> ${shellWord(customer)}`)}`,
        ]
      : []),
    'note  Nothing was sent to Braze; the profile keeps its values. Delete it there (/users/delete, or the dashboard).',
    'note  The source table was not changed. Requests in flight finish within 10 s and are not stored.',
    `      undo it: ${typed(`forget ${shellWord(customer)} --undo`)}`,
  ];
}

function liftedLine(customer: string, syncs: string[]): string {
  const atOnce = typed(`backfill ${syncs[0]!} --customer ${shellWord(customer)}`);
  return (
    `ok    ${customer} is sent again, as a new customer, by the next run that reads the row. ` +
    `Send it now: ${atOnce}`
  );
}

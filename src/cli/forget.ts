import type { Command } from 'commander';
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
import { shellWord, withConfigFlag } from './shared/shell';

interface ForgetOptions extends CommonOptions {
  undo?: boolean;
}

/** Each table in the words of a person who has to answer for it. */
const HELD: Readonly<Record<keyof Forgotten['deleted'], string>> = {
  acknowledged: 'what Braze had accepted',
  uncertain: 'values without an answer',
  rejections: 'rejections',
  selections: 'lists of backfills',
  outbox: 'values on their way in open runs',
};

/** `forget`: a customer is never sent again, and the ledger keeps nothing of them. */
export function addForget(program: Command): void {
  command(
    program,
    'forget <id>',
    'Never send this customer again, in no sync, and delete what the ledger holds of them',
    'peak-braze forget 00042',
  )
    .option('--undo', 'lift it: the customer is sent again')
    .action(async (customer: string, options: ForgetOptions) => {
      const config = readConfig(options);
      const syncs = Object.keys(config.syncs);
      if (customer.trim() === '') throw new CliProblem('The id is blank.', EXIT.usage);
      await withLedger(config, async (ledger) => {
        if (options.undo) {
          const lifted = await rememberCustomer(ledger, customer);
          if (options.json) return printJson({ customerId: customer, suppressed: false, lifted });
          return print(
            lifted ? liftedLine(customer, syncs, config.path) : `note  ${customer} was not forgotten. Nothing changed.`,
          );
        }
        const before = await suppressedSince(ledger, customer);
        const forgotten = await forgetCustomer(ledger, customer).catch(orBusy);
        if (options.json) return printJson({ customerId: customer, suppressed: true, before, ...forgotten });
        for (const line of evidence(customer, before, forgotten, config.path)) print(line);
      });
    });
}

function orBusy(error: unknown): never {
  if (!(error instanceof LedgerBusyError)) throw error;
  throw new CliProblem('The ledger is too busy just now, so nothing was done. Type it again.', EXIT.failed);
}

function evidence(customer: string, before: string | null, { at, deleted }: Forgotten, configFile: string): string[] {
  const again = before === null ? '' : ` It was forgotten before, ${when(before)}.`;
  const tables = Object.entries(HELD) as [keyof Forgotten['deleted'], string][];
  const nothing = tables.every(([table]) => deleted[table] === 0);
  return [
    `ok    ${customer} is forgotten since ${at}: no run of any sync sends it.${again}`,
    ...tables.map(([table, words]) => `      ${words.padEnd(34)}${plural(deleted[table], 'row')} of ${table}`),
    ...(nothing
      ? [
          'warn  The ledger held nothing of this id. An id counts as the store prints it (42 is not 00042, nor a UUID in capitals): look with',
          `      ${withConfigFlag(`peak-braze customer <sync> ${shellWord(customer)}`, configFile)}`,
        ]
      : []),
    'note  Nothing was sent to Braze: the profile there keeps its values. Delete it there (/users/delete, or the dashboard).',
    'note  The store was not touched. What is in the air just now is answered within 10 s and leaves no row here.',
    `      lift it: ${withConfigFlag(`peak-braze forget ${shellWord(customer)} --undo`, configFile)}`,
  ];
}

function liftedLine(customer: string, syncs: string[], configFile: string): string {
  const atOnce = withConfigFlag(`peak-braze backfill ${syncs[0]!} --customer ${shellWord(customer)}`, configFile);
  return (
    `ok    ${customer} is sent again, like a new customer, by the next run that reads its row. ` + `At once: ${atOnce}`
  );
}

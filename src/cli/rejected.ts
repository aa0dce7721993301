import type { Command } from 'commander';
import type { Config } from '../config/config';
import { typed } from '../invocation';
import {
  groupRejections,
  listRejections,
  type RejectionFilter,
  type RejectionGroup,
  type RejectionRecord,
} from '../ledger/rejections';
import { storeRejected } from '../ledger/selections';
import { findTarget } from '../ledger/workspaces';
import { REJECTION_REASONS, type RejectionReason } from '../types/rejection';
import type { SyncSettings } from '../types/settings';
import { command } from './shared/command';
import { readConfig, requireSync, type CommonOptions } from './shared/context';
import { csvLine } from './shared/csv';
import { withLedger } from './shared/ledgerAccess';
import { CliProblem, EXIT } from './shared/problem';
import { runNumber } from './shared/runNumber';
import { count, plural, print, printJson, note, table, when } from './shared/screen';
import { startAndFollow } from './shared/startAndFollow';

interface RejectedOptions extends CommonOptions {
  run?: string;
  reason?: string;
  csv?: boolean;
  retry?: boolean;
  detach?: boolean;
  waitHeld: boolean;
}

/** A person at a screen wants to see a few; a program gets all. */
const SHOWN = 50;
const SHOWN_GROUPS = 20;
const ALL = 2 ** 31 - 1;

/** `rejected`: what could not be sent, and why. */
export function addRejected(program: Command): void {
  command(
    program,
    'rejected <sync>',
    'List the customers and values that could not be sent, and why; a rejection is open until a value is accepted',
    'rejected churn --reason refused-by-braze --retry',
  )
    .option('--run <number>', 'list the rejections of this run, open or closed')
    .option('--reason <reason>', `list the rejections with this reason: ${REJECTION_REASONS.join(', ')}`)
    .option('--csv', 'print CSV with a header line')
    .option('--retry', 'after the cause is fixed: retry the customers with open rejections, as a backfill')
    .option('--detach', 'with --retry: return at once')
    .option('--no-wait-held', 'with --retry: exit 3 when the run is held, instead of waiting')
    .action(async (sync: string, options: RejectedOptions) => {
      const config = readConfig(options);
      const settings = requireSync(config, sync);
      const filter = filterOf(options);
      if (options.csv && (options.json || options.retry)) {
        throw new CliProblem('--csv excludes --json and --retry.', EXIT.usage);
      }
      if (options.retry) {
        process.exitCode = await retry(config, settings, filter, options);
        return;
      }
      await withLedger(config, async (ledger) => {
        const limit = options.json || options.csv ? ALL : SHOWN;
        const rejections = await listRejections(ledger, sync, { ...filter, limit });
        if (options.json) printJson(rejections.map(inJson));
        else if (options.csv) printCsv(rejections);
        else for (const line of screen(sync, await groupRejections(ledger, sync, filter), rejections)) print(line);
      });
    });
}

function filterOf({ run, reason }: RejectedOptions): RejectionFilter {
  if (reason !== undefined && !isReason(reason)) {
    throw new CliProblem(`There is no reason ${reason}. Reasons: ${REJECTION_REASONS.join(', ')}.`, EXIT.usage);
  }
  return { ...(run !== undefined && { run: runNumber(run) }), ...(reason !== undefined && { reason }) };
}

function isReason(text: string): text is RejectionReason {
  return (REJECTION_REASONS as readonly string[]).includes(text);
}

function inJson({ attribute, ...rest }: RejectionRecord): unknown {
  return { ...rest, ...(attribute !== null && { attribute }) };
}

function printCsv(rejections: readonly RejectionRecord[]): void {
  process.stdout.write(csvLine(['run', 'customer_id', 'attribute', 'reason', 'message', 'at', 'open', 'tries']));
  for (const { run, customerId, attribute, reason, message, at, open, tries } of rejections) {
    // Braze's words are the one field that others write: a spreadsheet must not take them for a formula. Ids stay as they are.
    const harmless = /^[=+\-@]/.test(message) ? `'${message}` : message;
    process.stdout.write(csvLine([run, customerId, attribute, reason, harmless, at, open, tries]));
  }
}

function screen(sync: string, groups: readonly RejectionGroup[], rejections: readonly RejectionRecord[]): string[] {
  if (groups.length === 0) return [`ok    ${sync}: no rejections.`];
  const total = groups.reduce((sum, group) => sum + group.count, 0);
  const grouped = groups.map((group) => [group.reason, group.attribute ?? '-', group.count, group.message]);
  const rows = rejections.map((one) => [
    one.run,
    one.customerId ?? '-',
    one.attribute ?? '-',
    one.reason,
    when(one.at),
    one.open ? 'open' : 'closed',
  ]);
  return [
    `${sync}: ${plural(total, 'rejection')}`,
    ...table(['REASON', 'ATTRIBUTE', 'COUNT', 'WHY'], grouped.slice(0, SHOWN_GROUPS)),
    ...(groups.length > SHOWN_GROUPS ? [`… and ${count(groups.length - SHOWN_GROUPS)} more`] : []),
    '',
    ...table(['RUN', 'CUSTOMER', 'ATTRIBUTE', 'REASON', 'AT', 'STATE'], rows),
    ...(total > rejections.length
      ? [`These are the newest ${SHOWN}. All of them: ${typed(`rejected ${sync} --csv`)}`]
      : []),
    `next, when the cause is fixed: ${typed(`rejected ${sync} --retry`)}`,
  ];
}

/** A backfill of the customers concerned: it reads and compares them again, so what has been fixed is sent. */
async function retry(config: Config, settings: SyncSettings, filter: RejectionFilter, options: RejectedOptions) {
  const { sync } = settings;
  const { id, customers, leftOut } = await withLedger(config, async (ledger) => {
    const target = await findTarget(ledger, settings.workspace.name, sync, settings.identifier);
    return target === null ? { id: '', customers: 0, leftOut: 0 } : storeRejected(ledger, target, filter);
  });
  const without = `${plural(leftOut, 'rejection')} without a customer id or with a duplicate one: fix the source table, and the next run reads the row`;
  if (customers === 0) {
    const what = leftOut === 0 ? 'No open rejection matches' : `Nothing can be retried: ${without}`;
    throw new CliProblem(`${what}; nothing was started. All open rejections: ${typed(`rejected ${sync}`)}`, EXIT.usage);
  }
  if (leftOut > 0) note(`note  not retried: ${without}.`);
  note(`Retrying ${plural(customers, 'customer')}.`);
  return startAndFollow(config, { sync, mode: 'backfill', selection: id }, 'backfill', options);
}

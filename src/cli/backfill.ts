import type { Command } from 'commander';
import type { Config } from '../config/config';
import { shellWord, typed } from '../invocation';
import { storeSelection } from '../ledger/selections';
import { findTarget } from '../ledger/workspaces';
import { writtenAttributes } from '../ledger/writtenAttributes';
import { unknownAttributes } from '../planning/backfillScope';
import type { SyncSettings } from '../types/settings';
import type { SyncInput } from '../types/workflow';
import { dryRun } from './backfill/dryRun';
import { CUSTOMERS_BY_NAME, readPart, type Part, type PartOptions } from './backfill/part';
import { SEARCHED_BY } from './shared/brazeNames';
import { command } from './shared/command';
import { readConfig, requireSync, type CommonOptions } from './shared/context';
import { withLedger, withReadableLedger } from './shared/ledgerAccess';
import { CliProblem, EXIT } from './shared/problem';
import { plural, print, note } from './shared/screen';
import { startAndFollow } from './shared/startAndFollow';

interface BackfillOptions extends CommonOptions, PartOptions {
  attributes?: string;
  resend?: boolean;
  dryRun?: boolean;
  detach?: boolean;
  waitHeld: boolean;
}

/** `backfill`: compares a part of the source table again, or removes an attribute everywhere. */
export function addBackfill(program: Command): void {
  command(
    program,
    'backfill <sync>',
    'Compare all or part of the source table again (a window, some customers, everything), or remove an attribute everywhere',
    'backfill churn --since 2026-11-01 --until 2026-11-08',
  )
    .option('--since <time>', 'read rows updated at or after this time')
    .option('--until <time>', 'read rows updated at or before this time')
    .option('--customer <id...>', `read these customers (up to ${CUSTOMERS_BY_NAME})`)
    .option('--customers <file>', 'read the customers in this file, one ID per line; - is standard input')
    .option('--everything', 'read the whole source table')
    .option('--clear <attribute>', 'remove this attribute from every profile that it was sent to')
    .option(
      '--attributes <names>',
      'send only these, for example churn_risk,next_best_product; do not change the others',
    )
    .option('--resend', 'also send what Braze already has')
    .option('--dry-run', 'only show what would be sent, as preview does')
    .option('--detach', 'return at once')
    .option('--no-wait-held', 'exit 3 when the run is held, instead of waiting')
    .action(async (sync: string, options: BackfillOptions) => {
      const config = readConfig(options);
      const settings = requireSync(config, sync);
      const attributes = attributesOf(settings, options);
      const part = await readPart(options);
      if (part.kind === 'clear') await announceClearing(config, settings, part.attribute, options);
      const common = { sync, ...(attributes && { attributes }), ...(options.resend ? { resend: true } : {}) };
      if (options.dryRun) {
        return dryRun(config, common, part, { json: options.json, next: commandOf(sync, options) });
      }
      const input: SyncInput = { ...common, mode: 'backfill', ...(await toInput(config, part)) };
      process.exitCode = await startAndFollow(config, input, 'backfill', options);
      if (options.customer !== undefined && process.exitCode === EXIT.ok && !options.json) {
        const by = SEARCHED_BY[settings.identifier.kind];
        print(`Find them in Braze: Audience > Search users, by ${by}: ${options.customer.join(', ')}`);
      }
    });
}

/** The attributes that were chosen, or undefined for all. */
function attributesOf(settings: SyncSettings, { attributes, clear, resend }: BackfillOptions): string[] | undefined {
  if (clear !== undefined && (attributes !== undefined || resend === true)) {
    const message =
      '--clear excludes --attributes and --resend: it removes one attribute and sends no value of another.';
    throw new CliProblem(message, EXIT.usage);
  }
  if (attributes === undefined) return undefined;
  const names = [...new Set(attributes.split(',').map((name) => name.trim()))].filter((name) => name !== '');
  const unknown = unknownAttributes(settings, names);
  if (names.length === 0 || unknown.length > 0) {
    const mapped = settings.attributes.map(({ name }) => name).join(', ');
    const what =
      names.length === 0
        ? `${settings.sync}: --attributes is empty`
        : `${settings.sync} has no attribute ${unknown.join(', ')}`;
    throw new CliProblem(`${what}. Its attributes: ${mapped}.`, EXIT.usage);
  }
  const chosen = settings.attributes.filter(({ name }) => names.includes(name));
  if (chosen.every(({ onlyWithOthers }) => onlyWithOthers)) {
    const message = `${names.join(', ')} is sent only with others (onlyWithOthers), so this would send nothing. Name another attribute too.`;
    throw new CliProblem(message, EXIT.usage);
  }
  return names;
}

/** Says what is about to happen, and refuses a name that was never sent: it is mistyped. */
async function announceClearing(
  config: Config,
  settings: SyncSettings,
  attribute: string,
  { dryRun: dry }: BackfillOptions,
): Promise<void> {
  const { sync, workspace, identifier, guards } = settings;
  const written = await withReadableLedger(config, async (ledger) => {
    if (ledger === null) return [];
    const targetId = await findTarget(ledger, workspace.name, sync, identifier);
    return targetId === null ? [] : writtenAttributes(ledger, targetId);
  });
  if (!written.some(({ name }) => name === attribute)) {
    const names = written.map(({ name }) => name).join(', ');
    const sent = names === '' ? 'It has sent nothing yet.' : `It has sent: ${names}.`;
    throw new CliProblem(`${sync} never sent ${attribute}, so there is nothing to remove. ${sent}`, EXIT.usage);
  }
  const share = guards.maxClearedShare;
  const guarded =
    share === undefined ? '' : ` Above maxClearedShare (${share * 100} % of the customers) the run is held.`;
  if (dry !== true) note(`note  Removes ${attribute} from every profile that ${sync} wrote it to.${guarded}`);
  if (settings.attributes.some(({ name }) => name === attribute)) {
    note(`warn  ${attribute} is still in ${config.path}: later runs send it again. Remove it there first.`);
  }
}

async function toInput(
  config: Config,
  part: Part,
): Promise<Pick<SyncInput, 'since' | 'until' | 'selection' | 'everything' | 'clear'>> {
  switch (part.kind) {
    case 'everything':
      return { everything: true };
    case 'clear':
      return { clear: part.attribute };
    case 'window': {
      const { kind: _, ...window } = part;
      return window;
    }
    case 'customers': {
      const { id, customers } = await withLedger(config, (ledger) => storeSelection(ledger, part.ids));
      if (customers === 0) throw new CliProblem('The list has no customer id in it.', EXIT.usage);
      note(`${plural(customers, 'customer')} chosen.`);
      return { selection: id };
    }
  }
}

/** The same command without --dry-run. */
function commandOf(sync: string, options: BackfillOptions): string {
  const { since, until, customer, customers, everything, clear, attributes, resend } = options;
  const words = [
    ...(since === undefined ? [] : ['--since', since]),
    ...(until === undefined ? [] : ['--until', until]),
    ...(customer === undefined ? [] : ['--customer', ...customer]),
    ...(customers === undefined ? [] : ['--customers', customers]),
    ...(everything ? ['--everything'] : []),
    ...(clear === undefined ? [] : ['--clear', clear]),
    ...(attributes === undefined ? [] : ['--attributes', attributes]),
    ...(resend ? ['--resend'] : []),
  ];
  return typed(`backfill ${sync} ${words.map(shellWord).join(' ')}`);
}

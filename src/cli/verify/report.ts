import { shellWord, typed } from '../../invocation';
import type { ProfileComparison, Difference, ProbableCause } from '../../reports/profileComparison';
import type { SyncSettings } from '../../types/settings';
import { count, statusLine, plural, table } from '../shared/screen';

/** What `verify` found out. */
export interface VerifyReport {
  sync: string;
  settings: SyncSettings;
  comparison: ProfileComparison;
  /** Customers whom Braze could not be asked about. */
  unread: number;
  /** Customers asked for by name of whom Braze never accepted anything. */
  never: string[];
}

const SHOWN_CUSTOMERS = 10;

/** Whether every customer that was read back has what Braze accepted. */
export function agrees({ comparison: { differ, missing }, unread }: VerifyReport): boolean {
  return differ === 0 && missing.length === 0 && unread === 0;
}

/** The report as `verify --json` prints it. */
export function reportJson({ sync, settings, comparison, unread, never }: VerifyReport): unknown {
  const { sampled, agree, differ, missing, notYet, attributes, differences, notCompared } = comparison;
  return {
    sync,
    workspace: settings.workspace.name,
    sampled: sampled + unread,
    agree,
    differ,
    missingProfiles: missing.length,
    notYet,
    unread,
    attributes,
    differences,
    missing,
    notCompared,
    neverAcknowledged: never,
  };
}

/** The report as a screen. */
export function reportLines(report: VerifyReport): string[] {
  const { sync, settings, comparison, unread, never } = report;
  const { sampled, agree, differ, missing, notYet, differences, notCompared } = comparison;
  if (sampled + unread === 0) {
    const whose = never.length > 0 ? `of ${never.length === 1 ? 'this customer' : 'these customers'} ` : '';
    return [statusLine('ok', sync, `Braze never accepted anything ${whose}yet: there is nothing to compare.`)];
  }
  const lines = [`${sync}: ${plural(sampled + unread, 'customer')} read back from ${settings.workspace.name}`];
  const add = (level: 'ok' | 'warn' | 'error', n: number, about: string, sentence: string) => {
    if (n > 0) lines.push(statusLine(level, about, sentence));
  };
  add('ok', agree, 'agree', plural(agree, 'customer'));
  add(
    'error',
    differ,
    'differ',
    `${plural(differ, 'customer')}: ${plural(differences.length, 'value')} Braze accepted and does not hold`,
  );
  add(
    'error',
    missing.length,
    'missing',
    `${plural(missing.length, 'customer')} without a profile${becauseOf(settings)}`,
  );
  add(
    'ok',
    notYet,
    'not yet',
    `${plural(notYet, 'customer')} not there yet: accepted less than 5 minutes ago, verify again then`,
  );
  add(
    'warn',
    unread,
    'unread',
    `${plural(unread, 'customer')}: Braze does not take the question (400); is identifier right?`,
  );
  add(
    'warn',
    never.length,
    'never',
    `${never.join(', ')}: Braze never accepted anything of ${never.length === 1 ? 'it' : 'them'}`,
  );
  add('warn', notCompared.length, 'fields', `${notCompared.join(', ')} not compared: Braze does not give them back`);
  return [...lines, ...attributeLines(comparison, sync), ...customerLines(differences, missing)];
}

function becauseOf({ updateExistingOnly }: SyncSettings): string {
  return updateExistingOnly ? ': under updateExistingOnly Braze takes their values and keeps nothing' : '';
}

function attributeLines({ attributes, differences }: ProfileComparison, sync: string) {
  const rows = Object.entries(attributes).map(([name, { compared, agree, differ, probableCause }]) => [
    name,
    compared,
    agree,
    differ,
    probableCause === undefined ? '' : CAUSES[probableCause],
  ]);
  const lines = table(['ATTRIBUTE', 'COMPARED', 'AGREE', 'DIFFER', 'PROBABLE CAUSE'], rows);
  if (differences.length === 0) return lines;
  const some = [...new Set(differences.map(({ customerId }) => customerId))].slice(0, SHOWN_CUSTOMERS).map(shellWord);
  return [
    ...lines,
    `next, when the cause is fixed: ${typed(`backfill ${sync} --customer ${some.join(' ')} --resend`)}`,
  ];
}

const CAUSES: Readonly<Record<ProbableCause, string>> = {
  blocklisted: 'blocklisted: Braze drops every value. Take it off the blocklist (Data Settings > Custom Attributes)',
  'type-mismatch': 'Braze has it as another type and drops what does not fit. Change its type there, or say type here',
  'not-there': 'not on the profile: dropped for its type or the blocklist, or removed by somebody else',
  'not-removed': 'still there although it was removed: written again by somebody else',
  'other-value': 'another value: somebody else writes it too',
};

function customerLines(differences: readonly Difference[], missing: readonly string[]): string[] {
  const byCustomer = new Map<string, Difference[]>();
  for (const one of differences) byCustomer.set(one.customerId, [...(byCustomer.get(one.customerId) ?? []), one]);
  const lines = [...byCustomer].slice(0, SHOWN_CUSTOMERS).map(([customer, ofOne]) => {
    const values = ofOne.map(
      ({ attribute, acknowledged, atBraze }) =>
        `${attribute} ${valueInJson(acknowledged)}, at Braze ${valueInJson(atBraze)}`,
    );
    return `  ${customer}  ${values.join('; ')}`;
  });
  const rest = SHOWN_CUSTOMERS - lines.length;
  lines.push(...missing.slice(0, rest).map((customer) => `  ${customer}  no profile`));
  const hidden = byCustomer.size + missing.length - lines.length;
  return hidden > 0 ? [...lines, `  … and ${count(hidden)} more: --json`] : lines;
}

function valueInJson(value: unknown): string {
  return value === null ? 'nothing' : JSON.stringify(value);
}

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
    return [statusLine('ok', sync, `Braze has not accepted anything ${whose}yet, so there is nothing to compare.`)];
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
    `${plural(differ, 'customer')}: ${plural(differences.length, 'value')} that Braze accepted and does not have`,
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
    `${plural(notYet, 'customer')} not there yet: accepted less than 5 minutes ago. Verify again later`,
  );
  add('warn', unread, 'unread', `${plural(unread, 'customer')}: Braze refuses the request (400). Check identifier`);
  add(
    'warn',
    never.length,
    'never',
    `${never.join(', ')}: Braze has never accepted a value of ${never.length === 1 ? 'it' : 'them'}`,
  );
  add('warn', notCompared.length, 'fields', `${notCompared.join(', ')} not compared: Braze does not return them`);
  return [...lines, ...attributeLines(comparison, sync), ...customerLines(differences, missing)];
}

function becauseOf({ updateExistingOnly }: SyncSettings): string {
  return updateExistingOnly ? ': with updateExistingOnly Braze accepts their values and stores nothing' : '';
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
  blocklisted: 'blocklisted: Braze drops every value. Remove it from the blocklist (Data Settings > Custom Attributes)',
  'type-mismatch': 'Braze has another type and drops values of this one. Change the type there, or set type here',
  'not-there': 'not on the profile: dropped for its type or the blocklist, or removed by another writer',
  'not-removed': 'still there after its removal: written again by another writer',
  'other-value': 'another value: another writer changed it',
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

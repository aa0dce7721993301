import { freshnessAttribute, type Dictionary, type DictionaryEntry } from '../../reports/dictionary';
import type { SyncSettings } from '../../types/settings';
import { BRAZE_TYPES } from '../shared/brazeNames';
import { displaySchedule } from '../shared/displaySchedule';
import { count } from '../shared/screen';
import { readyToUse } from './readyToUse';

/** The dictionary for people: Markdown. */
export function dictionaryMarkdown(dictionary: Dictionary): string[] {
  const { settings, entries, customers } = dictionary;
  const { sync, workspace, identifier } = settings;
  return [
    `# ${sync}: predictive attributes in Braze`,
    '',
    `Workspace ${cell(workspace.name)}, customers by ${identifier.kind === 'alias' ? `user alias ${cell(identifier.label)}` : `\`${identifier.kind}\``}. ` +
      `Figures cover the values that Braze has accepted for ${count(customers)} customers. Braze may show other values by now.`,
    '',
    '## How fresh it is',
    '',
    ...freshness(dictionary),
    '',
    '## Create in Braze first',
    '',
    'Create these in Data Settings > Custom Attributes before the first run: Braze keeps the type of the first value it receives.',
    '',
    '| Name | Data type |',
    '| --- | --- |',
    ...entries.map(({ name, type }) => `| ${code(name)} | ${BRAZE_TYPES[type]} |`),
    '',
    '## Attributes',
    '',
    ...entries.flatMap((entry) => [...attribute(entry, customers), '']),
    ...readyToUse(dictionary),
    '',
    ...traps(dictionary),
  ];
}

function freshness({ lastRun, modelRun, schedule, settings }: Dictionary): string[] {
  return [
    lastRun === null
      ? '- Nothing has been sent yet.'
      : `- Last recorded run: ${lastRun.run}, ${utc(lastRun.finishedAt)}, ${count(lastRun.accepted)} customers accepted.`,
    modelRun === null
      ? `- Model run: ${settings.modelRun.kind === 'none' ? 'this sync does not wait for one.' : 'none synced yet, or its time is unknown.'}`
      : `- Last model run: ${cell(modelRun.id)}, completed ${utc(modelRun.completedAt)}.`,
    `- Schedule: ${schedule === null ? 'none; runs are started manually.' : `${displaySchedule(schedule)}.`}`,
  ];
}

function attribute(entry: DictionaryEntry, customers: number): string[] {
  const { name, rule, type, withoutValue } = entry;
  const lines = [
    `### ${code(name)}`,
    '',
    rule.description === undefined
      ? 'No description yet: add `description` to the attribute in the config.'
      : cell(rule.description),
    '',
    `${BRAZE_TYPES[type]}, from column ${code(rule.column)}.${manner(entry)}`,
    '',
  ];
  if (customers === 0) return [...lines, 'Braze has not accepted a value yet.'];
  const without = `Without a value: ${count(withoutValue)} (${share(withoutValue, customers)}).`;
  return [...lines, ...figures(entry, customers), without];
}

/** What of the mapping a reader has to know. */
function manner({ rule }: DictionaryEntry): string {
  const says: string[] = [];
  if (rule.decimals !== undefined) says.push(`Rounded to ${rule.decimals} decimals.`);
  if (rule.hysteresis !== undefined) {
    says.push(
      `A customer changes band only when the number is at least ${rule.hysteresis} beyond the edge of the band.`,
    );
  }
  if (rule.minChange !== undefined) says.push(`Updated when it changes by ${rule.minChange} or more.`);
  if (rule.onlyWithOthers) says.push('Sent only together with another change.');
  return says.length === 0 ? '' : ` ${says.join(' ')}`;
}

function figures(entry: DictionaryEntry, customers: number): string[] {
  const { rule, top, distinct, range, dates, personal } = entry;
  if (range !== null) {
    const [min, mean, max] = [range.min, range.mean, range.max].map((figure) => String(Number(figure.toPrecision(4))));
    return [`From ${min} to ${max}, mean ${mean}.`, ''];
  }
  if (dates !== null) return [`From ${utc(dates.oldest)} to ${utc(dates.newest)}.`, ''];
  if (personal) return [`${count(distinct)} different values, nearly one for each customer; they are not listed.`, ''];
  const rows =
    rule.bands === undefined ? top.map(({ value, customers: n }) => ({ value, n, from: '' })) : bandRows(entry);
  if (rows.length === 0) return [];
  const banded = rule.bands !== undefined;
  const more = distinct - top.length;
  return [
    banded ? '| Value | From | Customers | Share |' : '| Value | Customers | Share |',
    banded ? '| --- | ---: | ---: | ---: |' : '| --- | ---: | ---: |',
    ...rows.map(
      ({ value, n, from }) => `| ${code(value)} |${banded ? ` ${from} |` : ''} ${count(n)} | ${share(n, customers)} |`,
    ),
    '',
    ...(more > 0 ? [`And ${count(more)} more values.`, ''] : []),
  ];
}

/** Bands in their order, empty ones included; then names that have left the config. */
function bandRows({ rule, top }: DictionaryEntry): { value: string; n: number; from: string }[] {
  const bands = rule.bands!;
  const customersOf = new Map(top.map(({ value, customers }) => [value, customers]));
  return [
    ...bands.map(({ name, lower }) => ({ value: name, n: customersOf.get(name) ?? 0, from: lower })),
    ...top
      .filter(({ value }) => !bands.some(({ name }) => name === value))
      .map(({ value, customers }) => ({ value, n: customers, from: 'no longer a band' })),
  ];
}

function traps(dictionary: Dictionary): string[] {
  const numbers = dictionary.entries.some(({ type }) => type === 'number');
  const guard = freshnessAttribute(dictionary);
  return [
    '## Pitfalls',
    '',
    ...(numbers
      ? ['- "less than" and "exactly 0" also match customers without a value. Add "is not blank" as well.']
      : []),
    '- Braze fixes the type of an attribute with its first value. Later, it silently drops values of any other type.',
    '- Names are case-sensitive: `Churn` and `churn` are two attributes.',
    '- Braze answers "queued" (201), not "stored". Allow a few minutes between a run and a Canvas that uses its values.',
    ...existingOnly(dictionary.settings),
    ...(guard?.rule.onlyWithOthers
      ? [`- ${code(guard.name)} is the time of the last change that was sent, not of the last score.`]
      : []),
  ];
}

function existingOnly({ updateExistingOnly }: SyncSettings): string[] {
  return updateExistingOnly
    ? ['- Customers unknown to Braze are not created; Braze answers "queued" for them too.']
    : ['- Customers unknown to Braze are created there.'];
}

/** Times of a document say their zone. */
function utc(text: string): string {
  const at = new Date(text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00'));
  return Number.isNaN(at.getTime()) ? cell(text) : `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function share(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(1)} %`;
}

/** Text in a paragraph or a cell: one line, and nothing that Markdown takes for its own. */
function cell(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_|<>[\]]/g, '\\$&');
}

/** Verbatim; a bar would end the cell even there. */
function code(text: string): string {
  const line = text.replace(/\s+/g, ' ').replaceAll('|', '\\|');
  return line.includes('`') ? `\`\` ${line} \`\`` : `\`${line}\``;
}

import type { ValueDistribution } from '../../reports/preview/distributions';
import type { AttributePreview } from '../../reports/preview/previewSync';
import type { Sample } from '../../reports/preview/samples';
import type { SendWhenColumn, SentWhen } from '../../reports/preview/thresholdSimulation';
import { SENDING } from '../../types/sendingTimes';
import { count, displayValue, plural, table } from './screen';

const GAP = '   ';

/** Values of a set of labels that are named on one line. */
const VALUES_NAMED = 5;

/** One line an attribute: for how many customers it changes, and what it looks like. */
export function attributeLines(attributes: readonly AttributePreview[]): string[] {
  const name = Math.max(...attributes.map((attribute) => attribute.name.length));
  const figure = Math.max(...attributes.map(({ change }) => count(change).length));
  return attributes.map((one) =>
    `${one.name.padEnd(name)} ${count(one.change).padStart(figure)} change${GAP}${displayDistribution(one)}`.trimEnd(),
  );
}

function displayDistribution(one: ValueDistribution): string {
  const { withValue, without, range, dates, moves } = one;
  if (withValue + without === 0) return '';
  if (withValue === 0) return 'no customer has a value';
  const parts = [
    ...(range === null ? [] : [displayRange(range)]),
    ...(dates === null ? [] : [displayDates(dates)]),
    ...displayLabels(one),
    ...(without === 0 ? [] : [`without ${percent(without, withValue + without)}`]),
    ...(moves === null || moves.up + moves.down === 0 ? [] : [`  up ${count(moves.up)}, down ${count(moves.down)}`]),
  ];
  return parts.join(GAP);
}

function displayRange({ min, max, mean, lastMean }: NonNullable<ValueDistribution['range']>): string {
  const last = lastMean === null ? '' : ` (last run ${short(lastMean)})`;
  return `${short(min)} to ${short(max)}, mean ${short(mean)}${last}`;
}

function displayDates({ oldest, newest }: NonNullable<ValueDistribution['dates']>): string {
  const [from, to] = [oldest.slice(0, 10), newest.slice(0, 10)];
  return from === to ? from : `${from} to ${to}`;
}

function displayLabels({ values, distinct, withValue }: ValueDistribution): string[] {
  if (values.length === 0)
    return distinct === 0 ? [] : [`${count(distinct)}${distinct >= 1_000 ? '+' : ''} different values`];
  const named = values.length > VALUES_NAMED + 1 ? values.slice(0, VALUES_NAMED) : values;
  const rest = withValue - named.reduce((sum, { customers }) => sum + customers, 0);
  return [
    ...named.map(({ value, customers }) => `${value} ${percent(customers, withValue)}`),
    ...(rest === 0 ? [] : [`others ${percent(rest, withValue)}`]),
  ];
}

function percent(part: number, whole: number): string {
  const share = (100 * part) / whole;
  return share > 0 && share < 0.5 ? '<1 %' : `${Math.round(share)} %`;
}

/** Three digits say enough of a mean. */
function short(number: number): string {
  return Math.abs(number) >= 1_000 ? count(Math.round(number)) : String(Number(number.toPrecision(3)));
}

/** One line a customer: what would change, old -> new. */
export function sampleLines(samples: readonly Sample[]): string[] {
  return samples.map(({ customerId, changes }) => {
    const words = changes.map(
      ({ attribute, from, to }) => `${attribute} ${displayValue(from, 'none')} -> ${displayValue(to, 'none')}`,
    );
    return `sample ${customerId}${GAP}${words.join(GAP)}`;
  });
}

/** A table for each column: what each definition of "changed" would send. */
export function sendWhenLines(columns: readonly SendWhenColumn[]): string[] {
  if (columns.length === 0) return ['send when: this sync has no attribute with a number'];
  return columns.flatMap(({ column, definitions }) => {
    const most = Math.max(...definitions.map(({ of }) => of));
    if (most === 0) return [`${column}: Braze has nothing to compare with yet. Try again after the first run`];
    const rows = definitions.map((one) => [one.current ? `${one.definition} (now)` : one.definition, ...sent(one)]);
    const unknown = definitions.some(({ customers }) => customers === null);
    return [
      '',
      `${column}: what one run would send, of ${plural(most, 'customer')}, compared with what Braze has`,
      ...table(['SEND WHEN', 'CUSTOMERS', 'SHARE', 'REQUESTS'], rows),
      ...(unknown
        ? ['-: unknown, because Braze has the number with fewer digits. A new model run changes nearly every customer']
        : []),
    ];
  });
}

function sent({ customers, of }: SentWhen): string[] {
  if (customers === null || of === 0) return ['-', '-', '-'];
  return [
    count(customers),
    `${((100 * customers) / of).toFixed(1)} %`,
    count(Math.ceil(customers / SENDING.objectsPerRequest)),
  ];
}

import type { Preview } from '../../reports/preview/previewSync';
import type { RejectionReason } from '../../types/rejection';
import type { SyncSettings } from '../../types/settings';
import { attributeLines, sampleLines, sendWhenLines as tables } from './attributeLines';
import { guardLines } from './guardLines';
import { count, statusLine, localZone, plural, when } from './screen';

const REASONS: Readonly<Record<RejectionReason, string>> = {
  'no-customer-id': 'no customer id',
  'customer-id-too-long': 'customer id too long',
  'not-an-email': 'not an e-mail address',
  'not-a-phone': 'not a phone number',
  'duplicate-id': 'duplicate id',
  'not-a-number': 'not a number',
  'not-finite': 'NaN or infinite',
  'out-of-range': 'out of range',
  'below-lowest-band': 'below the lowest band',
  'not-a-boolean': 'not a boolean',
  'not-a-date': 'not a date',
  'too-long': 'too long',
  'refused-by-braze': 'refused by Braze',
};

/** The screen of a preview; `next` is the command that would send. */
export function previewLines(preview: Preview, settings: SyncSettings, next: string): string[] {
  return [
    `nothing is sent · times ${localZone()}`,
    `${modelRunSentence(preview, settings)}${rowsSentence(preview)}`,
    ...totals(preview),
    ...attributeLines(preview.attributes),
    ...sampleLines(preview.samples ?? []),
    ...(preview.refreshed > 0
      ? [`${plural(preview.refreshed, 'customer')} included only because their values are older than refreshAfter`]
      : []),
    ...unseen(preview, settings),
    ...guardLines(preview.guards),
    ...(preview.guards.some(({ ok }) => !ok) ? ['       the run would be held until it is approved'] : []),
    costLine(preview.cost),
    ...sendWhenLines(preview),
    `next: ${next}`,
  ];
}

function modelRunSentence({ mode, modelRun }: Preview, { modelRun: rule }: SyncSettings): string {
  if (rule.kind === 'none' || mode === 'backfill') return '';
  if (rule.kind === 'signal') return 'Model runs are announced by signal. ';
  if (modelRun === null) return 'No model run has completed yet: a run started now ends without sending. ';
  const again = modelRun.syncedBefore ? ', synced before' : '';
  return `Model run ${modelRun.id}, completed ${when(modelRun.completedAt)}${again}. `;
}

function rowsSentence({ part, wholeStoreBecause, windowFrom, lastRun, candidates }: Preview): string {
  if (part !== null) return `${part}: ${count(candidates)}`;
  switch (wholeStoreBecause) {
    case 'asked':
      return `The whole source table: ${plural(candidates, 'row')}`;
    case 'first-run':
      return `First run, so the whole source table: ${plural(candidates, 'row')}`;
    case 'mapping-changed':
      return `The mapping has changed since run ${lastRun}, so the whole source table: ${plural(candidates, 'row')}`;
    case null:
      return `Rows updated since ${when(windowFrom)}: ${count(candidates)}`;
  }
}

function totals(preview: Preview): string[] {
  const { wouldSend, unchanged, rejected } = preview;
  return totalLines([
    ['', ['customers', 'values', 'requests'], ''],
    ['would send', [wouldSend.customers, wouldSend.values, wouldSend.requests].map(count), pace(preview)],
    ['unchanged', [count(unchanged.customers), count(unchanged.values), '-'], avoided(preview)],
    ['rejected', [count(rejected.customers), count(rejected.values), '-'], reasons(preview)],
  ]);
}

/** Figures under one another. */
export function totalLines(rows: [label: string, figures: string[], note: string][]): string[] {
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map(([, figures]) => figures[column]!.length)));
  return rows.map(([label, figures, note]) => {
    const cells = figures.map((figure, column) => figure.padStart(widths[column]!)).join('   ');
    return `${label.padEnd(14)}${cells}      ${note}`.trimEnd();
  });
}

function avoided({ unchanged, wouldSend }: Preview): string {
  const byTimestamp = unchanged.values + wouldSend.values;
  return unchanged.values === 0 ? '' : `timestamp sync: ${count(byTimestamp)} values`;
}

/** How long sending takes at the rate of the workspace; nothing where there is nothing to send. */
export function pace({
  seconds,
  ratePerSecond,
  wouldSend,
}: Pick<Preview, 'seconds' | 'ratePerSecond' | 'wouldSend'>): string {
  if (wouldSend.requests === 0) return '';
  const at = `at ${count(Number(ratePerSecond.toPrecision(3)))} requests/s`;
  if (seconds < 1) return `under 1 s ${at}`;
  if (seconds < 90) return `about ${Math.ceil(seconds)} s ${at}`;
  if (seconds < 5_400) return `about ${Math.ceil(seconds / 60)} min ${at}`;
  return `about ${(seconds / 3_600).toFixed(1)} h ${at}`;
}

function reasons({ rejected }: Preview): string {
  return rejected.reasons.map((one) => `${REASONS[one.reason]} (${count(one.count)})`).join(', ');
}

function sendWhenLines({ sendWhen }: Preview): string[] {
  return sendWhen === undefined ? [] : [...tables(sendWhen), ''];
}

function unseen({ sync, unseen: { undated, later } }: Preview, { updatedAt }: SyncSettings): string[] {
  const lines: string[] = [];
  if (undated > 0) {
    lines.push(
      statusLine('warn', sync, `${plural(undated, 'row')} without ${updatedAt} not included; only --full reads them`),
    );
  }
  if (later > 0) {
    lines.push(
      statusLine('warn', sync, `${plural(later, 'row')} dated later than the tenant's clock, left for a later run`),
    );
  }
  return lines;
}

/** The cost in the unit that Braze bills the workspace by. */
export function costLine({ billing, dataPoints, customers, newThisMonth }: Preview['cost']): string {
  if (billing === 'data-points') return `cost   ${plural(dataPoints, 'data point')} (billing: data-points)`;
  const ofThem = customers === 0 ? '' : `, ${count(newThisMonth)} of them for the first time this month`;
  return `cost   ${plural(customers, 'customer')}${ofThem} (billing: mau)`;
}

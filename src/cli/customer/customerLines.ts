import { shellWord, typed } from '../../invocation';
import type { AttributeState, CustomerInLedger, CustomerInStore, AttributeOutcome } from '../../reports/customer';
import type { SyncSettings } from '../../types/settings';
import type { ValueSet } from '../../types/values';
import { SEARCHED_BY } from '../shared/brazeNames';
import { displayValue, statusLine, localZone, plural, table, when } from '../shared/screen';

const VERDICTS: Readonly<Record<AttributeOutcome, string>> = {
  same: 'same',
  'no-value': 'no value, nothing to send',
  'would-be-sent': 'would be sent',
  'would-be-removed': 'would be removed',
  'kept-by-hysteresis': 'kept by hysteresis',
  'kept-by-min-change': 'kept by minChange',
  rejected: 'rejected',
  'only-with-others': 'differs, sent only with others',
  'not-mapped': 'no longer in the mapping, kept at Braze',
};

interface CustomerView {
  /** The id as the source table prints it. */
  customer: string;
  settings: SyncSettings;
  ledger: CustomerInLedger;
  /** A sentence where the source table could not be read. */
  store: CustomerInStore | string;
}

/** A customer as a person sees them. */
export function customerLines({ customer, settings, ledger, store }: CustomerView): string[] {
  const { sync, identifier, workspace } = settings;
  const name = identifier.kind === 'alias' ? `user alias ${identifier.label}` : identifier.kind;
  return [
    `${customer} in ${sync}, ${name} at ${workspace.name} · times ${localZone()}`,
    ...(ledger.suppressed === null
      ? []
      : [statusLine('warn', 'forgotten', `since ${when(ledger.suppressed)}: no run sends this customer`)]),
    storeLine(store, settings),
    acknowledgedLine(ledger, customer, sync),
    ...attributeLines(ledger, store),
    ...ledger.outbox.map(({ run, state, values, answered }) =>
      statusLine(
        'ok',
        'outbox',
        `run ${run} (${state}): ${names(values)} ${answered ? 'answered by Braze' : 'staged'}`,
      ),
    ),
    ...(ledger.uncertain.length === 0
      ? []
      : [
          statusLine(
            'warn',
            'uncertain',
            `${ledger.uncertain.join(', ')} may have reached Braze; its answer was lost, so it is sent again`,
          ),
        ]),
    ...ledger.rejections.map(({ run, attribute, reason, message, at, open, tries }) =>
      statusLine(
        open ? 'warn' : 'ok',
        'rejected',
        `${attribute ?? 'the whole customer'}, ${reason}: ${message} Run ${run}, ${when(at)}, ${plural(tries, 'try', 'tries')}, ${open ? 'open' : 'closed'}`,
      ),
    ),
    ...(typeof store === 'string' ? [] : nextLines(customer, sync, store)),
    `In Braze: Audience > Search users, by ${SEARCHED_BY[identifier.kind]}`,
  ];
}

function storeLine(store: CustomerInStore | string, { source, updatedAt }: SyncSettings): string {
  if (typeof store === 'string') return statusLine('error', 'source', store);
  if (store.rows === 0) return statusLine('warn', 'source', `${source} has no such customer`);
  const twins = store.rows === 1 ? '' : `, the newest of ${store.rows} rows with this id`;
  return statusLine('ok', 'source', `read now from ${source}, ${updatedAt} ${when(store.updatedAt)}${twins}`);
}

function acknowledgedLine({ acknowledged, suppressed }: CustomerInLedger, customer: string, sync: string): string {
  if (acknowledged !== null) {
    const { at, run, modelRun } = acknowledged;
    return statusLine(
      'ok',
      'braze',
      `accepted ${when(at)}, run ${run}${modelRun === null ? '' : `, model run ${modelRun}`}`,
    );
  }
  const why = suppressed === null ? '' : ', or the ledger has deleted it';
  return statusLine('warn', 'braze', `Braze has never accepted a value of ${customer} in ${sync}${why}`);
}

function attributeLines({ acknowledged }: CustomerInLedger, store: CustomerInStore | string): string[] {
  if (typeof store !== 'string' && store.attributes.length > 0) {
    const rows = store.attributes.map((one) => [
      one.name,
      'computed' in one ? displayValue(one.computed, '-') : '-',
      'acknowledged' in one ? displayValue(one.acknowledged, '-') : '-',
      verdict(one),
    ]);
    return table(['ATTRIBUTE', 'COMPUTED NOW', 'ACKNOWLEDGED', 'VERDICT'], rows);
  }
  if (acknowledged === null) return [];
  const rows = Object.entries(acknowledged.values).map(([name, value]) => [name, displayValue(value, '-')]);
  return table(['ATTRIBUTE', 'ACKNOWLEDGED'], rows);
}

function verdict({ verdict: kind, because }: AttributeState): string {
  return because === undefined ? VERDICTS[kind] : `${VERDICTS[kind]}: ${because}`;
}

function nextLines(customer: string, sync: string, { nextRun, attributes }: CustomerInStore): string[] {
  const atOnce = typed(`backfill ${sync} --customer ${shellWord(customer)}`);
  const sent = attributes.filter((one) => one.verdict === 'would-be-sent' || one.verdict === 'would-be-removed').length;
  switch (nextRun) {
    case 'sends':
      return [`next  the next run sends ${plural(sent, 'value')}. Send ${sent === 1 ? 'it' : 'them'} now: ${atOnce}`];
    case 'nothing':
      return ['next  nothing differs; the next run sends nothing for this customer'];
    case 'outside-window':
      return [
        `next  it differs, but the next run does not read this row: it was not updated since the last sync. Send it now: ${atOnce}`,
      ];
    case 'refused-often-enough':
      return [
        `next  Braze has refused these values three times, so no run retries them automatically. Retry them: ${atOnce}`,
      ];
    case 'cannot-be-sent':
      return ['next  Braze does not accept this id, so nothing is sent'];
    case 'not-in-store':
      return [
        'next  nothing is sent: the source table has no such customer. With departedCustomers: clear, run --full removes their values',
      ];
    case 'suppressed':
      return [
        `next  nothing is sent: the customer is forgotten. Undo it: ${typed(`forget ${shellWord(customer)} --undo`)}`,
      ];
  }
}

function names(values: ValueSet): string {
  return Object.keys(values).join(', ');
}

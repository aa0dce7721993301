import { diffCustomer, type CustomerDiff } from '../attributes/diff';
import { checkCustomerId } from '../braze/object';
import { hashValue, type OpenRejection } from '../ledger/rejections';
import type { TenantRow } from '../tenant/store';
import type { Comparison, Observer, ComparedPage } from './comparison';
import { clearAttribute, compareDeparted } from './departed';
import { countRow, noFigures } from './figures';
import type { LedgerView } from './ledgerView';
import { stageChanges, idProblemSentence, reject, rejectUnnamed } from './pageResult';

/** Compares one page of the store with what Braze acknowledged. Pure: reads nothing, writes nothing. */
export function comparePage(
  comparison: Comparison,
  read: { rows: TenantRow[]; gone: string[]; withoutId: number },
  known: LedgerView,
  observe?: Observer,
): ComparedPage {
  const page = known.suppressed.size === 0 ? read : withoutSuppressed(read, known.suppressed);
  const result: ComparedPage = {
    rows: [],
    unchanged: [],
    rejections: [],
    settled: [],
    counts: {
      // Whoever is only refreshed was not touched, or was counted when the window brought them.
      candidates: comparison.refresh
        ? 0
        : page.rows.length + page.withoutId + (comparison.clear === null ? 0 : page.gone.length),
      changed: 0,
      plannedValues: 0,
      rejected: 0,
      newlyRejected: 0,
    },
    figures: noFigures(comparison.attributes.length),
    // No prototype: an attribute may be called `constructor`.
    changes: Object.create(null) as Record<string, number>,
    valued: new Set(),
  };
  rejectUnnamed(result, page.withoutId, known.unnamed);
  const { newest, duplicates } = byCustomer(comparison, page.rows, known, result);
  for (const [customerId, row] of newest) {
    const diff = compareCustomer(comparison, customerId, row, duplicates.get(customerId) ?? 0, known, result);
    observe?.({ customerId, row, acknowledged: known.acknowledged.get(customerId), diff });
  }
  for (const customerId of page.gone) {
    const diff =
      comparison.clear === null
        ? compareDeparted(comparison, customerId, known, result)
        : clearAttribute(comparison, comparison.clear, customerId, known, result);
    if (diff !== null) observe?.({ customerId, row: null, acknowledged: known.acknowledged.get(customerId), diff });
  }
  result.figures.valued = comparison.attributes.map(({ name }) => result.valued.has(name));
  return result;
}

function withoutSuppressed<Page extends { rows: TenantRow[]; gone: string[] }>(
  page: Page,
  suppressed: ReadonlySet<string>,
): Page {
  return {
    ...page,
    rows: page.rows.filter(({ customerId }) => customerId === null || !suppressed.has(customerId)),
    gone: page.gone.filter((customer) => !suppressed.has(customer)),
  };
}

/** The newest row of each customer, and how many older ones some have; rows whose id cannot be sent are rejected. */
function byCustomer(
  comparison: Comparison,
  rows: TenantRow[],
  known: LedgerView,
  result: ComparedPage,
): { newest: Map<string, TenantRow>; duplicates: Map<string, number> } {
  const { settings } = comparison;
  const newest = new Map<string, TenantRow>();
  const duplicates = new Map<string, number>();
  for (const row of rows) {
    const customerId = row.customerId ?? '';
    const problem = checkCustomerId(settings.identifier, customerId);
    if (problem !== null) {
      reject(result, known.openRejections.get(customerId) ?? [], comparison, {
        customerId: idToKeep(customerId),
        attribute: null,
        reason: problem,
        message: idProblemSentence(problem, settings.identifier),
        valueHash: '',
      });
      continue;
    }
    if (newest.has(customerId)) duplicates.set(customerId, (duplicates.get(customerId) ?? 0) + 1);
    // Rows come oldest first, so the last one of a customer is the newest.
    newest.set(customerId, row);
  }
  return { newest, duplicates };
}

/** An index of Postgres takes no more than 2,704 bytes. */
const LONGEST_KEPT_BYTES = 2_000;

/** An id that is no id at all, but a page of text, is kept by its beginning and its hash. */
function idToKeep(customerId: string): string {
  if (Buffer.byteLength(customerId) <= LONGEST_KEPT_BYTES) return customerId;
  return `${customerId.slice(0, 500)}… ${hashValue(customerId)}`;
}

function compareCustomer(
  comparison: Comparison,
  customerId: string,
  row: TenantRow,
  duplicates: number,
  known: LedgerView,
  result: ComparedPage,
): CustomerDiff {
  const acknowledged = known.acknowledged.get(customerId);
  const open = known.openRejections.get(customerId) ?? [];
  // Whoever is only refreshed was counted when the window brought them.
  if (!comparison.refresh) countRow(result.figures, comparison.attributes, row.values);
  const input = {
    attributes: comparison.attributes,
    row: row.values,
    acknowledged,
    uncertain: known.uncertain.get(customerId),
    resend: comparison.resend,
  };
  const changed = diffCustomer(input);
  const diff = comparison.refresh ? diffCustomer({ ...input, resend: true }) : changed;
  // And what of them cannot be sent was rejected then.
  const refused = comparison.refresh ? [] : diff.refused;
  for (let index = 0; index < (comparison.refresh ? 0 : duplicates); index += 1) {
    reject(result, open, comparison, {
      customerId,
      attribute: null,
      reason: 'duplicate-id',
      message: 'Another row of the store has the same customer id and is newer; that one was taken.',
      valueHash: 'duplicate-id',
    });
  }
  for (const { attribute, reason, message } of refused) {
    const column = comparison.attributes.findIndex(({ name }) => name === attribute);
    const text = row.values[column] ?? '';
    reject(result, open, comparison, { customerId, attribute, reason, message, valueHash: hashValue(text) });
  }
  const refresh = comparison.refresh && Object.keys(changed.changes).length === 0;
  const staged = stageChanges(comparison, customerId, diff, { acknowledged, refresh }, open, result);
  if (open.length > 0) resolveRejections(comparison, customerId, diff, staged, duplicates > 0, open, result);
  return diff;
}

/** Open rejections whose cause is gone without anything to send: a value back to what Braze holds, or no value at all. */
function resolveRejections(
  { attributes, partial }: Comparison,
  customerId: string,
  diff: CustomerDiff,
  staged: boolean,
  duplicated: boolean,
  open: readonly OpenRejection[],
  result: ComparedPage,
): void {
  const refused = new Set(diff.refused.map(({ attribute }) => attribute));
  for (const { attribute, valueHash } of open) {
    const isDuplicate = attribute === null && valueHash === 'duplicate-id';
    const void_ =
      attribute === null
        ? isDuplicate
          ? !duplicated
          : // What Braze refused as a whole may have been another attribute's fault.
            !staged && !partial
        : !refused.has(attribute) && !(attribute in diff.changes) && attributes.some(({ name }) => name === attribute);
    if (void_) result.settled.push({ customerId, attribute });
  }
}

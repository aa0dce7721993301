import { diffCustomer, type CustomerDiff } from '../attributes/diff';
import { hashValue } from '../ledger/rejections';
import type { TenantRow } from '../tenant/store';
import type { ComparedPage, Comparison, Observer } from './comparison';
import { clearedDiff, departedDiff } from './clearing';
import { DUPLICATE_ID } from './isResolved';
import { NO_REJECTIONS, type LedgerView } from './ledgerView';
import { newestRows, withoutSuppressed } from './newestRows';
import { PageResult } from './pageResult';
import type { StorePage } from './pages';

/** A page that is being compared: the rules, what the ledger has of its customers, and the result so far. */
interface PageComparison {
  comparison: Comparison;
  view: LedgerView;
  result: PageResult;
}

/**
 * Compares one page of the source table with what Braze acknowledged. Pure: reads nothing, writes nothing. A page of the
 * refresh phase has its own rules: {@link compareForRefresh}.
 */
export function comparePage(
  comparison: Comparison,
  page: Pick<StorePage, 'rows' | 'missing' | 'withoutId'>,
  view: LedgerView,
  observe?: Observer,
): ComparedPage {
  const { rows, missing, withoutId } = withoutSuppressed(page, view.suppressed);
  const { clear } = comparison;
  const result = new PageResult(comparison, rows.length + withoutId + (clear === null ? 0 : missing.length));
  result.rejectUnnamed(withoutId, view.unnamed);
  const { newest, duplicates, unsendable } = newestRows(comparison.settings.identifier, rows);
  for (const { customerId, rejection } of unsendable) {
    result.reject(view.openRejections.get(customerId) ?? NO_REJECTIONS, rejection);
  }
  const pass: PageComparison = { comparison, view, result };
  for (const [customerId, row] of newest) {
    const diff = compareCustomer(pass, row, duplicates.get(customerId) ?? 0);
    observe?.({ customerId, row, acknowledged: view.acknowledged.get(customerId), diff });
  }
  for (const customerId of missing) {
    const diff = clear === null ? compareMissing(pass, customerId) : clearAttribute(pass, customerId, clear);
    if (diff !== null) observe?.({ customerId, row: null, acknowledged: view.acknowledged.get(customerId), diff });
  }
  return result.close();
}

/** `row` is the customer's newest of the page; `duplicates`: how many older ones there are. */
function compareCustomer(
  { comparison, view, result }: PageComparison,
  row: TenantRow,
  duplicates: number,
): CustomerDiff {
  const customerId = row.customerId!;
  const { attributes } = comparison;
  const acknowledged = view.acknowledged.get(customerId);
  const open = view.openRejections.get(customerId) ?? NO_REJECTIONS;
  result.countRow(row.values);
  const diff = diffCustomer({
    attributes,
    row: row.values,
    acknowledged,
    uncertain: view.uncertain.get(customerId),
    resend: comparison.resend,
  });
  for (let index = 0; index < duplicates; index += 1) {
    result.reject(open, {
      customerId,
      attribute: null,
      reason: 'duplicate-id',
      message: 'A newer row of the source table has the same customer id; that row was used.',
      valueHash: DUPLICATE_ID,
    });
  }
  for (const { attribute, reason, message } of diff.refused) {
    const column = attributes.findIndex(({ name }) => name === attribute);
    const text = row.values[column] ?? '';
    result.reject(open, { customerId, attribute, reason, message, valueHash: hashValue(text) });
  }
  const differs = result.stage(customerId, diff, open, acknowledged === undefined ? 'first' : 'change');
  if (open.length > 0) result.resolve(customerId, open, { diff, differs, duplicated: duplicates > 0 });
  return diff;
}

/** A customer missing from the source table: nothing can be retried, and the values are cleared where the config says so. */
function compareMissing({ comparison, view, result }: PageComparison, customerId: string): CustomerDiff | null {
  result.resolveAll(customerId, view.openRejections.get(customerId) ?? NO_REJECTIONS);
  if (!comparison.clearDeparted) return null;
  const acknowledged = view.acknowledged.get(customerId);
  const diff = departedDiff(acknowledged, view.uncertain.get(customerId));
  result.stage(customerId, diff, NO_REJECTIONS, acknowledged === undefined ? 'first' : 'change');
  return diff;
}

function clearAttribute({ view, result }: PageComparison, customerId: string, attribute: string): CustomerDiff {
  const acknowledged = view.acknowledged.get(customerId);
  const diff = clearedDiff(attribute, acknowledged);
  result.stage(customerId, diff, NO_REJECTIONS, acknowledged === undefined ? 'first' : 'change');
  return diff;
}

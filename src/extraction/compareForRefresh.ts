import { diffCustomer } from '../attributes/diff';
import type { ComparedPage, Comparison } from './comparison';
import { NO_REJECTIONS, type LedgerView } from './ledgerView';
import { newestRows, withoutSuppressed } from './newestRows';
import { PageResult, type StagedAs } from './pageResult';
import type { StorePage } from './pages';

/**
 * Compares one page of the refresh phase: customers with a value that was acknowledged longer ago than `refreshAfter`. All
 * their values are sent, changed or not. They are not candidates, and their invalid values and duplicate rows are not rejected:
 * the window phase did that for every updated row. Pure: reads nothing, writes nothing.
 *
 * @param changed what happens to customers with a changed value: a run stages them again, which replaces the row that the
 *   window staged; a preview has no outbox and skips them, because it counted them with the window
 */
export function compareForRefresh(
  comparison: Comparison,
  page: Pick<StorePage, 'rows' | 'missing' | 'withoutId'>,
  view: LedgerView,
  changed: 'stage' | 'skip' = 'stage',
): ComparedPage {
  const { attributes, settings, resend } = comparison;
  const result = new PageResult(comparison, 0, 'refresh');
  const { newest, duplicates, unsendable } = newestRows(
    settings.identifier,
    withoutSuppressed(page, view.suppressed).rows,
  );
  for (const { customerId, rejection } of unsendable) {
    result.reject(view.openRejections.get(customerId) ?? NO_REJECTIONS, rejection);
  }
  for (const [customerId, { values }] of newest) {
    const acknowledged = view.acknowledged.get(customerId);
    const input = { attributes, row: values, acknowledged, uncertain: view.uncertain.get(customerId), resend };
    let as: StagedAs = 'refresh';
    if (Object.keys(diffCustomer(input).changes).length > 0) {
      if (changed === 'skip') continue;
      as = acknowledged === undefined ? 'first' : 'change';
    }
    const diff = diffCustomer({ ...input, resend: true });
    const open = view.openRejections.get(customerId) ?? NO_REJECTIONS;
    const differs = result.stage(customerId, diff, open, as);
    if (open.length > 0) result.resolve(customerId, open, { diff, differs, duplicated: duplicates.has(customerId) });
  }
  return result.close();
}

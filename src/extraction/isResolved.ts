import type { CustomerDiff } from '../attributes/diff';
import type { OpenRejection } from '../ledger/rejections';
import type { Comparison } from './comparison';

/** Value hash of the rejection of a second row with the same customer id: it has no value. */
export const DUPLICATE_ID = 'duplicate-id';

/** The result of comparing one customer. */
export interface CustomerOutcome {
  diff: CustomerDiff;
  /** There is something to send, whether or not it is held back because Braze refused it before. */
  differs: boolean;
  /** The page has more than one row of the customer. */
  duplicated: boolean;
}

/**
 * Whether the cause of an open rejection no longer exists although nothing is sent for it: the value is again the one that
 * Braze holds, there is no value any more, or the second row of the customer no longer exists.
 */
export function isResolved(
  { attribute, valueHash }: OpenRejection,
  { diff, differs, duplicated }: CustomerOutcome,
  { attributes, partial }: Pick<Comparison, 'attributes' | 'partial'>,
): boolean {
  if (attribute !== null) {
    if (diff.refused.some((refusal) => refusal.attribute === attribute)) return false;
    return !Object.hasOwn(diff.changes, attribute) && attributes.some(({ name }) => name === attribute);
  }
  if (valueHash === DUPLICATE_ID) return !duplicated;
  // Braze refused the whole object: an attribute outside a partial comparison may have been the cause.
  return !differs && !partial;
}

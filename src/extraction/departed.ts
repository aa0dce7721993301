import { departed, type CustomerDiff } from '../attributes/diff';
import type { ComparedPage, Comparison } from './comparison';
import type { LedgerView } from './ledgerView';
import { stageChanges } from './pageResult';

/** A customer the store no longer has: nothing of theirs can be tried again, and their values go where the config says so. */
export function compareDeparted(
  comparison: Comparison,
  customerId: string,
  known: LedgerView,
  result: ComparedPage,
): CustomerDiff | null {
  for (const { attribute } of known.openRejections.get(customerId) ?? [])
    result.settled.push({ customerId, attribute });
  if (!comparison.clearDeparted) return null;
  const acknowledged = known.acknowledged.get(customerId);
  const changes = departed(acknowledged, known.uncertain.get(customerId));
  const diff: CustomerDiff = {
    changes,
    newValues: { ...acknowledged, ...changes },
    refused: [],
    cleared: Object.keys(changes).length,
  };
  stageChanges(comparison, customerId, diff, { acknowledged, refresh: false }, [], result);
  return diff;
}

/** Removes one attribute from a profile that has it, or may have it. The store is not asked. */
export function clearAttribute(
  comparison: Comparison,
  attribute: string,
  customer: string,
  known: LedgerView,
  result: ComparedPage,
): CustomerDiff {
  const acknowledged = known.acknowledged.get(customer);
  const changes = { [attribute]: null };
  const diff: CustomerDiff = { changes, newValues: { ...acknowledged, ...changes }, refused: [], cleared: 1 };
  stageChanges(comparison, customer, diff, { acknowledged, refresh: false }, [], result);
  return diff;
}

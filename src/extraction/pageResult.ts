import type { CustomerDiff } from '../attributes/diff';
import { renderObject } from '../braze/object';
import { hashValue, MAX_TRIES, type OpenRejection } from '../ledger/rejections';
import type { ValueSet } from '../types/workflow';
import type { ComparedPage, Comparison } from './comparePage';

/** Puts what differs on its way; an object Braze has refused often enough stays where it is. */
export function stageChanges(
  comparison: Comparison,
  customerId: string,
  diff: CustomerDiff,
  { acknowledged, refresh }: { acknowledged: ValueSet | undefined; refresh: boolean },
  open: readonly OpenRejection[],
  result: ComparedPage,
): boolean {
  const { settings, tryExhausted } = comparison;
  const { identifier, updateExistingOnly } = settings;
  const body = renderObject({ identifier, customerId, updateExistingOnly, values: diff.changes });
  if (body === '') {
    result.unchanged.push(customerId);
    return false;
  }
  if (!tryExhausted && open.length > 0) {
    const refused = open.find(({ attribute }) => attribute === null);
    if (refused !== undefined && refused.tries >= MAX_TRIES && refused.valueHash === hashValue(body)) {
      result.unchanged.push(customerId);
      return true;
    }
  }
  let valueCount = 0;
  for (const name in diff.changes) {
    valueCount += 1;
    result.changes[name] = (result.changes[name] ?? 0) + 1;
    if (diff.changes[name] !== null) result.valued.add(name);
  }
  const known = acknowledged !== undefined && !refresh;
  // One literal: this is the hot path of an extraction.
  result.rows.push({
    customer: customerId,
    body,
    newValues: JSON.stringify(diff.newValues),
    valueCount,
    known,
    clears: known && diff.cleared > 0,
    refresh,
    whole: (valueCount === comparison.attributes.length && !comparison.partial) || isWhole(comparison, diff),
  });
  result.counts.changed += 1;
  result.counts.plannedValues += valueCount;
  return true;
}

/** Whether nothing of the mapping stays behind at Braze that was acknowledged earlier than this. */
function isWhole({ attributes, partial, refresh }: Comparison, { changes, newValues, refused }: CustomerDiff): boolean {
  if (partial) return false;
  return attributes.every(
    ({ name }) =>
      Object.hasOwn(changes, name) ||
      !Object.hasOwn(newValues, name) ||
      newValues[name] === null ||
      // What cannot be sent would make the others go out again and again.
      (refresh && refused.some(({ attribute }) => attribute === name)),
  );
}

import type { CustomerDiff } from '../attributes/diff';
import { renderObject, type CustomerIdProblem } from '../braze/object';
import { hashValue, MAX_TRIES, type OpenRejection, type NewRejection } from '../ledger/rejections';
import type { Identifier } from '../types/settings';
import type { ValueSet } from '../types/values';
import type { ComparedPage, Comparison } from './comparison';

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

/** A page must not fill the ledger with rows that say nothing but "no id". */
export const UNNAMED_REJECTIONS_KEPT = 1_000;

/** They cannot be told apart: as many as stood there before count as tried again. */
export function rejectUnnamed(result: ComparedPage, count: number, before: number): void {
  result.counts.rejected += count;
  result.counts.newlyRejected += Math.max(0, count - before);
  for (let index = 0; index < Math.min(count, UNNAMED_REJECTIONS_KEPT); index += 1) {
    result.rejections.push({
      customerId: null,
      attribute: null,
      reason: 'no-customer-id',
      message: 'The row has no customer id, so there is no profile to send it to.',
      valueHash: '',
    });
  }
}

export function idProblemSentence(problem: CustomerIdProblem, { kind }: Identifier): string {
  switch (problem) {
    case 'no-customer-id':
      return 'The id is blank, so there is no profile to send it to.';
    case 'customer-id-too-long':
      return `The id is longer than Braze takes for ${kind}.`;
    case 'not-an-email':
      return 'The id is no e-mail address, and identifier says that it is one.';
    case 'not-a-phone':
      return 'The id is no phone number, and identifier says that it is one.';
  }
}

/** Records a rejection, unless the same value was refused often enough: then it stays open and is left in peace. */
export function reject(
  result: ComparedPage,
  open: readonly OpenRejection[],
  comparison: Comparison,
  rejection: NewRejection,
): void {
  const before = open.find(({ attribute }) => attribute === rejection.attribute);
  const same = before !== undefined && before.valueHash === rejection.valueHash;
  if (same && before.tries >= MAX_TRIES && !comparison.tryExhausted) return;
  result.rejections.push(rejection);
  result.counts.rejected += 1;
  if (!same) result.counts.newlyRejected += 1;
}

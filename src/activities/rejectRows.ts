import type { CustomerIdProblem } from '../braze/object';
import { MAX_TRIES, type NewRejection, type OpenRejection } from '../ledger/rejections';
import type { Identifier } from '../types/workflow';
import type { ComparedPage, Comparison } from '../extraction/comparePage';

/** A page must not fill the ledger with rows that say nothing but "no id". */
const UNNAMED_REJECTIONS_KEPT = 1_000;

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

export function idProblemInWords(problem: CustomerIdProblem, { kind }: Identifier): string {
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

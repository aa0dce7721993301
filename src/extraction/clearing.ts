import { clearingValues, type CustomerDiff } from '../attributes/diff';
import type { ValueSet } from '../types/values';

/** Removes every value that Braze has, or may have, of a customer missing from the source table. */
export function departedDiff(
  acknowledged: ValueSet | undefined,
  uncertain: ReadonlySet<string> | undefined,
): CustomerDiff {
  const changes = clearingValues(acknowledged, uncertain);
  return {
    changes,
    newValues: { ...acknowledged, ...changes },
    refused: [],
    cleared: Object.keys(changes).length,
  };
}

/** Removes one attribute from a profile that has it, or may have it, regardless of the source table. */
export function clearedDiff(attribute: string, acknowledged: ValueSet | undefined): CustomerDiff {
  const changes = { [attribute]: null };
  return { changes, newValues: { ...acknowledged, ...changes }, refused: [], cleared: 1 };
}

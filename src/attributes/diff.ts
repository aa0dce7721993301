import type { RejectionReason } from '../types/rejection';
import { ownValue, type AttributeValue, type ValueSet } from '../types/values';
import type { ResolvedAttribute } from './compile';
import { outgoingValue } from './outgoing';

/** One row of one customer, and what is known of the profile. */
export interface DiffInput {
  attributes: readonly ResolvedAttribute[];
  /** The database's text of each attribute's column, in the attributes' order. */
  row: readonly (string | null)[];
  /** What Braze last confirmed for this customer; undefined: nothing ever. */
  acknowledged: ValueSet | undefined;
  /** Attributes that may have reached Braze without a receipt: they differ from every value. */
  uncertain: ReadonlySet<string> | undefined;
  /** Send unchanged values too. */
  resend: boolean;
}

interface RefusedValue {
  attribute: string;
  reason: RejectionReason;
  message: string;
}

/** What has to be sent to make the profile match the row. */
export interface CustomerDiff {
  /** What has to go to Braze, in the attributes' order; empty: nothing. */
  changes: ValueSet;
  /** What Braze holds once `changes` is acknowledged. Attributes no longer in the mapping are kept. */
  newValues: ValueSet;
  refused: readonly RefusedValue[];
  /** How many of `changes` remove a value. */
  cleared: number;
}

const NOTHING_REFUSED: readonly RefusedValue[] = Object.freeze([]);

/** What one customer's row would change at Braze. */
export function diffCustomer(input: DiffInput): CustomerDiff {
  const { attributes, row, acknowledged, uncertain } = input;
  const differing: (AttributeValue | undefined)[] = [];
  let refused: RefusedValue[] | undefined;
  let causesASend = false;

  for (let index = 0; index < attributes.length; index++) {
    const attribute = attributes[index]!;
    const { name } = attribute;
    const before = ownValue(acknowledged, name);
    const isUncertain = uncertain !== undefined && uncertain.has(name);
    const outgoing = outgoingValue(attribute, row[index] ?? null, before, isUncertain);
    if ('refused' in outgoing) {
      (refused ??= []).push({ attribute: name, reason: outgoing.refused, message: outgoing.message });
      continue;
    }
    const { value } = outgoing;
    if (!differs(value, before, isUncertain, input.resend)) continue;
    differing[index] = value;
    if (!attribute.onlyWithOthers) causesASend = true;
  }

  const changes: ValueSet = {};
  let cleared = 0;
  if (causesASend) {
    for (let index = 0; index < differing.length; index++) {
      const value = differing[index];
      if (value === undefined) continue;
      changes[attributes[index]!.name] = value;
      if (value === null) cleared++;
    }
  }
  return {
    changes,
    newValues: causesASend ? { ...acknowledged, ...changes } : (acknowledged ?? {}),
    refused: refused ?? NOTHING_REFUSED,
    cleared,
  };
}

/** What clears a removed customer: null for every value that Braze has, or may have. */
export function clearingValues(
  acknowledged: ValueSet | undefined,
  uncertain: ReadonlySet<string> | undefined,
): ValueSet {
  const changes: ValueSet = {};
  for (const [name, value] of Object.entries(acknowledged ?? {})) if (value !== null) changes[name] = null;
  for (const name of uncertain ?? []) changes[name] = null;
  return changes;
}

/** A missing value is sent only where Braze has, or may have, something to remove. */
function differs(
  value: AttributeValue,
  before: AttributeValue | undefined,
  isUncertain: boolean,
  resend: boolean,
): boolean {
  if (isUncertain) return true;
  if (value === null) return before !== undefined && before !== null;
  return resend || value !== before;
}

import type { DeclaredAttribute } from '../braze/customAttributes';
import { READABLE_FIELDS, type ExportedUser } from '../braze/exportUsers';
import { sameValue } from '../braze/sameValue';
import type { AcknowledgedCustomer } from '../ledger/samples';
import type { AttributeRule } from '../types/settings';
import type { AttributeValue } from '../types/values';

/** Braze's 201 means queued; its documentation asks for five minutes before what was written is read. */
const SETTLED_AFTER_MS = 5 * 60_000;

export type ProbableCause = 'blocklisted' | 'type-mismatch' | 'not-there' | 'not-removed' | 'other-value';

/** A value that Braze accepted and the profile does not hold. */
export interface Difference {
  customerId: string;
  attribute: string;
  acknowledged: AttributeValue;
  /** Null: nothing. */
  atBraze: unknown;
}

interface AttributeAgreement {
  compared: number;
  agree: number;
  differ: number;
  probableCause?: ProbableCause;
}

/** What the profiles of some customers hold, beside what Braze accepted. */
export interface ProfileComparison {
  sampled: number;
  /** Customers of whom everything agrees. */
  agree: number;
  /** Customers of whom something does not. */
  differ: number;
  /** Customers who have no profile at Braze. */
  missing: string[];
  /** Customers of whom only something accepted in the last minutes is not there. */
  notYet: number;
  attributes: Record<string, AttributeAgreement>;
  differences: Difference[];
  /** Standard fields that Braze does not return as they were written. */
  notCompared: string[];
}

interface ComparisonInput {
  attributes: readonly AttributeRule[];
  /** Under update-only Braze never creates a profile, however long one waits. */
  updateExistingOnly: boolean;
  customers: readonly AcknowledgedCustomer[];
  users: ReadonlyMap<string, readonly ExportedUser[]>;
  /** A value that may have been sent without a receipt says nothing: the next run sends it again. */
  uncertain: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Compares what Braze accepted with what the profiles hold. Pure. */
export function compareProfiles({
  attributes,
  updateExistingOnly,
  customers,
  users,
  uncertain,
}: ComparisonInput): ProfileComparison {
  const readable = attributes.filter(({ name, standardField }) => !standardField || READABLE_FIELDS.has(name));
  const result: ProfileComparison = {
    sampled: customers.length,
    agree: 0,
    differ: 0,
    missing: [],
    notYet: 0,
    attributes: Object.fromEntries(readable.map(({ name }) => [name, { compared: 0, agree: 0, differ: 0 }])),
    differences: [],
    notCompared: attributes.filter((rule) => !readable.includes(rule)).map(({ name }) => name),
  };
  for (const { customer, values, ageMs } of customers) {
    const recent = ageMs < SETTLED_AFTER_MS;
    const profiles = users.get(customer) ?? [];
    if (profiles.length === 0) {
      if (recent && !updateExistingOnly) result.notYet += 1;
      else result.missing.push(customer);
      continue;
    }
    const expected = readable.filter(({ name }) => Object.hasOwn(values, name) && !uncertain.get(customer)?.has(name));
    const differing = leastDiffering(customer, values, expected, profiles);
    const differs = new Set(differing.map(({ attribute }) => attribute));
    for (const { name } of expected) {
      const counts = result.attributes[name]!;
      if (differs.has(name) && recent) continue;
      counts.compared += 1;
      if (differs.has(name)) counts.differ += 1;
      else counts.agree += 1;
    }
    if (differing.length === 0) result.agree += 1;
    else if (recent) result.notYet += 1;
    else {
      result.differ += 1;
      result.differences.push(...differing);
    }
  }
  return result;
}

/** Of several profiles with one address Braze writes to one, and does not say to which: the likeliest is compared. */
function leastDiffering(
  customerId: string,
  values: AcknowledgedCustomer['values'],
  expected: readonly AttributeRule[],
  profiles: readonly ExportedUser[],
): Difference[] {
  const differences = profiles.map(({ customAttributes, fields }) =>
    expected.flatMap(({ name, standardField }) => {
      const from = standardField ? fields : customAttributes;
      const atBraze = Object.hasOwn(from, name) ? from[name] : null;
      const acknowledged = values[name]!;
      return sameValue(acknowledged, atBraze) ? [] : [{ customerId, attribute: name, acknowledged, atBraze }];
    }),
  );
  return differences.toSorted((a, b) => a.length - b.length)[0]!;
}

/** Adds to each attribute that differs what most of its differences look like. `declared`: null when Braze may not be asked. */
export function addCauses(
  comparison: ProfileComparison,
  declared: ReadonlyMap<string, DeclaredAttribute> | null,
): void {
  const countsOf = new Map<string, Map<ProbableCause, number>>();
  for (const difference of comparison.differences) {
    const counts = countsOf.get(difference.attribute) ?? new Map<ProbableCause, number>();
    const cause = causeOf(difference, declared?.get(difference.attribute));
    countsOf.set(difference.attribute, counts.set(cause, (counts.get(cause) ?? 0) + 1));
  }
  for (const [attribute, counts] of countsOf) {
    const [first] = [...counts].toSorted(([, a], [, b]) => b - a);
    comparison.attributes[attribute]!.probableCause = first![0];
  }
}

function causeOf({ acknowledged, atBraze }: Difference, declared: DeclaredAttribute | undefined): ProbableCause {
  if (declared?.blocklisted) return 'blocklisted';
  if (acknowledged === null) return 'not-removed';
  if (atBraze !== null && typeof atBraze !== typeof acknowledged) return 'type-mismatch';
  if (declared != null && declared.type !== null && !fits(acknowledged, declared.type)) return 'type-mismatch';
  return atBraze === null ? 'not-there' : 'other-value';
}

/** Dates travel as text. */
function fits(value: string | number | boolean, type: NonNullable<DeclaredAttribute['type']>): boolean {
  return type === typeof value || (type === 'date' && typeof value === 'string');
}

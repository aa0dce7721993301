/**
 * A point in time as the tenant's database writes it in UTC: `2026-11-23 05:00:00.123456+00`, or the column's own text where it
 * has no zone. Microseconds are kept, so only Postgres compares such texts, never JavaScript.
 */
export type TenantTime = string;

/** A point in time that we format: ISO 8601 in UTC with milliseconds, `2026-11-23T05:02:00.000Z`. Texts compare as times. */
export type IsoTime = string;

/** A decimal number as its digits, `0.625`: a binary double would lose precision. */
export type DecimalText = string;

/** A value as Braze receives it. `null` removes the attribute from the profile. */
export type AttributeValue = string | number | boolean | null;

/** Values by attribute name: a customer's whole set, or the part of it that changed. */
export type ValueSet = Record<string, AttributeValue>;

/** The value under a name that a person chose. Own properties only: an attribute may be called `constructor`. */
export function ownValue<Value>(values: Readonly<Record<string, Value>> | undefined, name: string): Value | undefined {
  return values !== undefined && Object.hasOwn(values, name) ? values[name] : undefined;
}

import type { AttributeValue } from '../types/values';

/** The format in which dates are sent. */
const OUR_DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/**
 * Whether a profile holds what Braze accepted. `null` was a removal: nothing may be there. Dates come back in Braze's own
 * spelling (with or without milliseconds, a space for the T, no zone for UTC), so they are compared as instants.
 */
export function sameValue(accepted: AttributeValue, atBraze: unknown): boolean {
  if (accepted === null) return atBraze === undefined || atBraze === null;
  if (atBraze === accepted) return true;
  if (typeof accepted !== 'string' || typeof atBraze !== 'string' || !OUR_DATE.test(accepted)) return false;
  return instantOf(atBraze) === Date.parse(accepted);
}

function instantOf(text: string): number {
  const iso = text
    .trim()
    .replace(/^(\d{4}-\d\d-\d\d)[ T](\d.*)$/, '$1T$2')
    .replace(/ (UTC|\+0000)$/, 'Z');
  return Date.parse(/T[^Z+-]*$/.test(iso) ? `${iso}Z` : iso);
}

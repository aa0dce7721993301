import type { AttributeRule } from '../types/settings';
import { Decimal, parseDecimal } from './decimal';

/** The range that a model promises for a column's numbers, inclusive. */
export interface Range {
  min: Decimal | undefined;
  max: Decimal | undefined;
}

/** Parses the bounds of a range once for all rows. */
export function compileRange({ min, max }: NonNullable<AttributeRule['range']>): Range {
  return {
    min: min === undefined ? undefined : new Decimal(min),
    max: max === undefined ? undefined : new Decimal(max),
  };
}

/**
 * Whether a number is outside, before any rounding or band. A text that is not a number is rejected elsewhere and ignored here.
 */
export function isOutside({ min, max }: Range, text: string): boolean {
  const value = parseDecimal(text);
  if ('refused' in value) return false;
  return (min !== undefined && value.isBelow(min)) || (max !== undefined && max.isBelow(value));
}

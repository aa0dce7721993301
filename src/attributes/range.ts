import type { AttributeRule } from '../types/settings';
import { Decimal, parseDecimal } from './decimal';

/** What a model promises of a column's numbers, ends included. */
export interface Range {
  min: Decimal | undefined;
  max: Decimal | undefined;
}

/** Parses the ends of a range once for all rows. */
export function compileRange({ min, max }: NonNullable<AttributeRule['range']>): Range {
  return {
    min: min === undefined ? undefined : new Decimal(min),
    max: max === undefined ? undefined : new Decimal(max),
  };
}

/** Whether a number lies outside, before any rounding or band. What is no number is refused elsewhere, and no matter here. */
export function isOutside({ min, max }: Range, text: string): boolean {
  const value = parseDecimal(text);
  if ('refused' in value) return false;
  return (min !== undefined && value.isBelow(min)) || (max !== undefined && max.isBelow(value));
}

import { Big } from 'big.js';
import type { AttributeRule } from '../types';
import { parseDecimal } from './decimal';

/** What a model promises of a column's numbers, ends included. */
export interface Range {
  min: Big | undefined;
  max: Big | undefined;
  /** The ends as floats: whatever is a float strictly between them lies inside, for rounding never changes an order. */
  above: number;
  below: number;
}

export function compileRange({ min, max }: NonNullable<AttributeRule['range']>): Range {
  return {
    min: min === undefined ? undefined : new Big(min),
    max: max === undefined ? undefined : new Big(max),
    above: min === undefined ? -Infinity : Number(min),
    below: max === undefined ? Infinity : Number(max),
  };
}

/** Whether a number lies outside, before any rounding or band. What is no number is refused elsewhere, and no matter here. */
export function isOutside({ min, max, above, below }: Range, text: string): boolean {
  const float = Number(text);
  if (float > above && float < below) return false;
  const exact = parseDecimal(text);
  if ('refused' in exact) return false;
  return (min !== undefined && exact.lt(min)) || (max !== undefined && exact.gt(max));
}

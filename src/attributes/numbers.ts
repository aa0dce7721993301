import { Big } from 'big.js';
import type { AttributeValue } from '../types';
import { outOfRange, parseDecimal } from './decimal';
import type { Outgoing } from './outgoing';

export interface NumberRule {
  kind: 'number';
  /** Undefined: as many digits as the database gives. */
  decimals: number | undefined;
  /** Undefined: every difference counts. */
  minChange: Big | undefined;
}

const LARGEST = new Big(Number.MAX_SAFE_INTEGER);
/** Big.roundHalfUp: the nearest, and of two equally near the one away from zero. */
const HALF_AWAY_FROM_ZERO = 1;

export function numberValue(rule: NumberRule, text: string, toKeep: AttributeValue | undefined): Outgoing {
  const exact = parseDecimal(text);
  if ('refused' in exact) return exact;
  const rounded = rule.decimals === undefined ? exact : exact.round(rule.decimals, HALF_AWAY_FROM_ZERO);
  if (isBeyondSafeRange(rounded)) return outOfRange;
  if (rule.minChange !== undefined && typeof toKeep === 'number' && rounded.minus(toKeep).abs().lt(rule.minChange)) {
    return { value: toKeep };
  }
  // + 0: a rounded −0.004 is −0, which JSON writes as 0 and Object.is tells apart.
  return { value: Number(rounded.toString()) + 0 };
}

/** Sixteen integer digits are the first that can exceed it: below that nothing is compared. */
function isBeyondSafeRange(value: Big): boolean {
  return value.e >= 15 && value.abs().gt(LARGEST);
}

import { Big } from 'big.js';
import type { AttributeValue } from '../types/values';
import { outOfRange, parseDecimal } from './decimal';
import type { Outgoing } from './outcome';

/** A number that is sent as a number. */
export interface NumberRule {
  kind: 'number';
  /** Undefined: all digits of the database. */
  decimals: number | undefined;
  /** Undefined: every difference counts. */
  minChange: Big | undefined;
}

const LARGEST = new Big(Number.MAX_SAFE_INTEGER);
/** For every allowed value of `decimals`. Literals, because `**` is not exact for every power. */
const POWERS_OF_TEN = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
/** Big.roundHalfUp: the nearest, and of two equally near the one away from zero. */
const HALF_AWAY_FROM_ZERO = 1;

/**
 * The number in `text`, rounded half away from zero. One that Braze has (`toKeep`) stays while the new one is less than
 * `minChange` away.
 */
export function numberValue(rule: NumberRule, text: string, toKeep: AttributeValue | undefined): Outgoing {
  const decimal = parseDecimal(text);
  if ('refused' in decimal) return decimal;
  const quick = rule.minChange === undefined ? roundedFloat(decimal.float, rule.decimals) : undefined;
  if (quick !== undefined) return { value: quick + 0 };
  const { exact } = decimal;
  const rounded = rule.decimals === undefined ? exact : exact.round(rule.decimals, HALF_AWAY_FROM_ZERO);
  if (isBeyondSafeRange(rounded)) return outOfRange;
  if (rule.minChange !== undefined && typeof toKeep === 'number' && rounded.minus(toKeep).abs().lt(rule.minChange)) {
    return { value: toKeep };
  }
  // + 0: a rounded −0.004 is −0, which JSON writes as 0 but Object.is distinguishes from 0.
  return { value: Number(rounded.toString()) + 0 };
}

/**
 * The number rounded by its nearest float, where that gives the same as exact arithmetic; undefined where it might not. Below
 * 10^9 a float and one multiplication are off by less than 10^-6, so a number farther than that from a half rounds to the same
 * side; and a whole number divided by a power of ten is the float nearest to that decimal.
 */
function roundedFloat(float: number, decimals: number | undefined): number | undefined {
  if (decimals === undefined) return Math.abs(float) < Number.MAX_SAFE_INTEGER ? float : undefined;
  const scale = POWERS_OF_TEN[decimals];
  if (scale === undefined) return undefined;
  const scaled = float * scale;
  const fromHalf = Math.abs(scaled - Math.floor(scaled) - 0.5);
  return Math.abs(scaled) < 1e9 && fromHalf > 1e-6 ? Math.round(scaled) / scale : undefined;
}

/** Only a number with sixteen or more integer digits can exceed it; the others are not compared. */
function isBeyondSafeRange(value: Big): boolean {
  return value.e >= 15 && value.abs().gt(LARGEST);
}

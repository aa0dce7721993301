import type { Big } from 'big.js';
import type { AttributeValue } from '../types';
import { parseDecimal } from './decimal';
import type { Outgoing } from './outgoing';

export interface BandRule {
  kind: 'bands';
  /** Ascending by `lower`. */
  bands: readonly Band[];
}

export interface Band {
  name: string;
  lower: Big;
  /** The band widened by the hysteresis, [keepFrom, keepBelow): as long as a value lies in it, an acknowledged band stays. */
  keepFrom: Big;
  /** Undefined: the highest band has no upper end. */
  keepBelow: Big | undefined;
}

export function bandValue(rule: BandRule, text: string, toKeep: AttributeValue | undefined): Outgoing {
  const exact = parseDecimal(text);
  if ('refused' in exact) return exact;
  if (typeof toKeep === 'string' && keeps(rule, toKeep, exact)) return { value: toKeep };
  for (let index = rule.bands.length - 1; index >= 0; index--) {
    const band = rule.bands[index]!;
    if (exact.gte(band.lower)) return { value: band.name };
  }
  return { refused: 'below-lowest-band', message: `The value is below the lowest band, ${rule.bands[0]?.name}.` };
}

/** A name that is no longer configured keeps nothing. */
function keeps(rule: BandRule, acknowledged: string, value: Big): boolean {
  for (const band of rule.bands) {
    if (band.name !== acknowledged) continue;
    return value.gte(band.keepFrom) && (band.keepBelow === undefined || value.lt(band.keepBelow));
  }
  return false;
}

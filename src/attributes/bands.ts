import type { AttributeValue } from '../types/values';
import { parseDecimal, type Decimal } from './decimal';
import type { Outgoing } from './outcome';

/** A number that is sent as the name of its band. */
export interface BandRule {
  kind: 'bands';
  /** Ascending by `lower`. */
  bands: readonly Band[];
}

/** One band, from its lower bound up to that of the next. */
export interface Band {
  name: string;
  lower: Decimal;
  /** The band widened by the hysteresis, [keepFrom, keepBelow): while a value is inside it, an acknowledged band stays. */
  keepFrom: Decimal;
  /** Undefined: the highest band has no upper end. */
  keepBelow: Decimal | undefined;
}

/**
 * The band of the number in `text`. A band that Braze has (`toKeep`) stays while the number is within it, widened by the
 * hysteresis.
 */
export function bandValue(rule: BandRule, text: string, toKeep: AttributeValue | undefined): Outgoing {
  const value = parseDecimal(text);
  if ('refused' in value) return value;
  if (typeof toKeep === 'string' && keeps(rule, toKeep, value)) return { value: toKeep };
  for (let index = rule.bands.length - 1; index >= 0; index--) {
    const band = rule.bands[index]!;
    if (!value.isBelow(band.lower)) return { value: band.name };
  }
  return { refused: 'below-lowest-band', message: `The value is below the lowest band, ${rule.bands[0]?.name}.` };
}

/** A name that is no longer configured keeps nothing. */
function keeps(rule: BandRule, acknowledged: string, value: Decimal): boolean {
  for (const band of rule.bands) {
    if (band.name !== acknowledged) continue;
    return !value.isBelow(band.keepFrom) && (band.keepBelow === undefined || value.isBelow(band.keepBelow));
  }
  return false;
}

import type { AttributeValue } from '../types/values';
import { bandValue } from './bands';
import { booleanValue } from './booleans';
import type { ResolvedAttribute } from './compile';
import { dateValue } from './dates';
import { numberValue } from './numbers';
import type { Outgoing } from './outcome';
import { stringValue } from './strings';

const MISSING: Outgoing = Object.freeze({ value: null });

/**
 * The outgoing value of one attribute of one customer. `text` is the database's own text. `acknowledged` is what Braze last
 * confirmed (undefined: never a value); when it is `uncertain`, hysteresis and minChange have nothing to keep, because Braze
 * may have a different value from the one to keep.
 */
export function outgoingValue(
  attribute: ResolvedAttribute,
  text: string | null,
  acknowledged: AttributeValue | undefined,
  uncertain: boolean,
): Outgoing {
  if (text === null) return MISSING;
  const toKeep = uncertain ? undefined : acknowledged;
  switch (attribute.kind) {
    case 'number':
      return numberValue(attribute, text, toKeep);
    case 'bands':
      return bandValue(attribute, text, toKeep);
    case 'boolean':
      return booleanValue(text);
    case 'date':
      return dateValue(text);
    case 'string':
      return stringValue(attribute, text);
  }
}

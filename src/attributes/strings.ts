import { MAX_STRING_CHARACTERS } from '../types/brazeLimits';
import { booleanValue } from './booleans';
import type { ColumnType } from './columnType';
import { parseDecimal } from './decimal';
import type { Outgoing, Refused } from './outcome';

/** Any column that is sent as text. */
export interface StringRule {
  kind: 'string';
  columnType: ColumnType;
}

/** The text that is sent, with one spelling for each number and boolean. */
export function stringValue(rule: StringRule, text: string): Outgoing {
  const canonical = canonicalText(rule.columnType, text);
  if (typeof canonical !== 'string') return canonical;
  // UTF-16 units are never fewer than characters: only texts that look too long are counted.
  if (canonical.length > MAX_STRING_CHARACTERS) {
    const characters = Array.from(canonical).length;
    if (characters > MAX_STRING_CHARACTERS) {
      return {
        refused: 'too-long',
        message: `${characters} characters; Braze accepts at most ${MAX_STRING_CHARACTERS}.`,
      };
    }
  }
  return { value: canonical };
}

/** One text per value: 1e-07 and 0.0000001, t and true would otherwise count as changes of each other. */
function canonicalText(columnType: ColumnType, text: string): string | Refused {
  if (columnType === 'number') {
    const decimal = parseDecimal(text);
    return 'refused' in decimal ? decimal : decimal.exact.toFixed();
  }
  if (columnType === 'boolean') {
    const outgoing = booleanValue(text);
    return 'refused' in outgoing ? outgoing : String(outgoing.value);
  }
  return text;
}

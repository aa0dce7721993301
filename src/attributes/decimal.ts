import { Big } from 'big.js';
import type { Refused } from './outcome';

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?(\d+))?$/i;
const NOT_FINITE = /^(?:nan|[+-]?inf(?:inity)?)$/i;

/** No database number has more exponent digits; big.js would pad such a number with zeros until memory runs out. */
const MAX_EXPONENT_DIGITS = 4;

const notANumber: Refused = Object.freeze({ refused: 'not-a-number', message: 'The column does not hold a number.' });
const notFinite: Refused = Object.freeze({ refused: 'not-finite', message: 'NaN and Infinity cannot be sent.' });
/** Of a number that JSON and Braze would not keep exactly. */
export const outOfRange: Refused = Object.freeze({
  refused: 'out-of-range',
  message: 'The number is beyond ±9,007,199,254,740,991, where digits would be lost.',
});

/** A number exactly as the database wrote it, and the float nearest to it. */
export class Decimal {
  readonly float: number;
  readonly #text: string;
  #exact: Big | undefined;

  /** `text` is a decimal number. */
  constructor(text: string) {
    this.#text = text;
    this.float = Number(text);
  }

  /**
   * Never through a binary float: there 1.005 is slightly less than 1.005, and would round down or fall below a band's bound.
   */
  get exact(): Big {
    return (this.#exact ??= new Big(this.#text.charCodeAt(0) === 43 /* + */ ? this.#text.slice(1) : this.#text));
  }

  /**
   * Floats decide where they differ, because rounding to the nearest float preserves order. That is quick, and nearly always
   * enough.
   */
  isBelow(other: Decimal): boolean {
    return this.float === other.float ? this.exact.lt(other.exact) : this.float < other.float;
  }
}

/** The number a text holds. */
export function parseDecimal(text: string): Decimal | Refused {
  if (text !== lastText) {
    lastParsed = parse(text);
    lastText = text;
  }
  return lastParsed;
}

/** Several attributes may read one column, one after the other: it is parsed once. */
let lastText = '0';
let lastParsed: Decimal | Refused = new Decimal('0');

function parse(text: string): Decimal | Refused {
  const match = DECIMAL.exec(text);
  if (match === null) return parseUnusual(text);
  if (match[1] !== undefined && match[1].length > MAX_EXPONENT_DIGITS) return outOfRange;
  return new Decimal(text);
}

/** Blanks around a number come from char(n) columns, which pad. */
function parseUnusual(text: string): Decimal | Refused {
  if (NOT_FINITE.test(text)) return notFinite;
  const trimmed = text.trim();
  return trimmed === text ? notANumber : parse(trimmed);
}

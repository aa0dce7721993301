import { Big } from 'big.js';
import type { DecimalText } from '../types/values';

const DECIMAL = /^[+-]?(\d+(\.\d+)?|\.\d+)$/;

/** Normalises a decimal number: 0.10, .1 and +0.1 become "0.1"; `undefined` for any other text. Never a binary float. */
export function readDecimal(text: string): DecimalText | undefined {
  if (!DECIMAL.test(text)) return undefined;
  return new Big(text.replace(/^\+/, '')).toFixed();
}

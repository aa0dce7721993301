import type { Outgoing } from './outcome';

const YES: Outgoing = Object.freeze({ value: true });
const NO: Outgoing = Object.freeze({ value: false });
const NEITHER: Outgoing = Object.freeze({
  refused: 'not-a-boolean',
  message: 'The column holds neither true nor false (t, f, true, false, 1, 0).',
});

/** Postgres prints t and f, its cast to text true and false, MySQL 1 and 0. */
export function booleanValue(text: string): Outgoing {
  switch (text) {
    case 't':
    case 'true':
    case '1':
      return YES;
    case 'f':
    case 'false':
    case '0':
      return NO;
    default:
      return NEITHER;
  }
}

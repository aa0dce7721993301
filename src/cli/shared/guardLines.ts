import type { GuardFigure } from '../../guards/judge';

const SHARES = ['maxChangedShare', 'maxClearedShare', 'maxRejectedShare'];

/** One guard a line: the shares of customers always; the others only where they have a limit, since other lines show their figures. */
export function guardLines(guards: readonly GuardFigure[]): string[] {
  return guards
    .filter(({ guard, limit }) => limit !== null || SHARES.includes(guard))
    .map(({ ok, text }, at) => `${at === 0 ? 'guard' : '     '}  ${ok ? 'ok  ' : 'HOLD'}  ${text}`);
}

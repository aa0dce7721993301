import type { GuardFigure } from '../../guards/judge';

const SHARES = ['maxChangedShare', 'maxClearedShare', 'maxRejectedShare'];

/** The shares of customers always; the others only where they have a limit, for their figures stand elsewhere. */
export function guardLine(guards: readonly GuardFigure[]): string {
  const shown = guards.filter(({ guard, limit }) => limit !== null || SHARES.includes(guard));
  return `guard  ${shown.map(({ ok, text }) => `${ok ? 'ok' : 'HOLD'} ${text}`).join('   ')}`;
}

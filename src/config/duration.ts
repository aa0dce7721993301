const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
const DURATION = /^(\d{1,9})(ms|s|m|h|d|w)$/;

/** In ms. */
export const DAY_MS = UNIT_MS.d;
/** In ms. */
export const WEEK_MS = UNIT_MS.w;

/** Ten years: more is a typing error, and far more overflows the timers behind it. */
const LONGEST_MS = 3_650 * DAY_MS;

/** `30s`, `15m`, `6d` in milliseconds; `undefined` for anything else, bare numbers too, whose unit is unknown. */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (match === null) return undefined;
  const durationMs = Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
  return durationMs <= LONGEST_MS ? durationMs : undefined;
}

/** As a config writes it: `5m`, `90s`. */
export function showDuration(durationMs: number): string {
  const units = Object.entries(UNIT_MS).toSorted(([, a], [, b]) => b - a);
  const [unit, unitMs] = units.find(([, ms]) => durationMs >= ms && durationMs % ms === 0) ?? ['ms', 1];
  return `${durationMs / unitMs}${unit}`;
}

import type { GuardFigures } from './guard';
import { type Measure, measureAll } from './measure';

/** What each figure usually is, by {@link keyOf}. */
export type Baseline = ReadonlyMap<string, number>;

/** Of a sync that has no recorded run yet. */
export const NO_BASELINE: Baseline = new Map();

/** Names a figure: its guard, and the attribute it is about. */
export function keyOf({ guard, attribute }: Pick<Measure, 'guard' | 'attribute'>): string {
  return attribute === null ? guard : `${guard} ${attribute}`;
}

/**
 * The median over earlier runs, so that one bad run does not become usual. Runs in which a guard was not judged do not count.
 */
export function baselineOfRuns(runs: readonly GuardFigures[]): Baseline {
  const all = new Map<string, number[]>();
  for (const run of runs) {
    for (const measured of measureAll({}, run)) {
      if (measured.figure === null) continue;
      const key = keyOf(measured);
      all.set(key, [...(all.get(key) ?? []), measured.figure]);
    }
  }
  return new Map([...all].map(([key, figures]) => [key, median(figures)]));
}

function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

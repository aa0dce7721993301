import type { GuardLimits } from '../types/settings';
import { nullShare, outOfRangeShare } from './attributeGuards';
import type { AttributeGuard, Guard, GuardFigures, GuardName } from './guard';
import { changedShare, clearedShare, customers, profiles, rejectedShare, rowShare, values } from './runGuards';

/** In the order of the screens; one hold names one guard, the first of these. */
const BEFORE_DELIVERY: readonly (Guard<GuardFigures> | { each: AttributeGuard })[] = [
  changedShare,
  clearedShare,
  rejectedShare,
  { each: nullShare },
  { each: outOfRangeShare },
  rowShare,
  customers,
  values,
  profiles,
];

/** One figure and its limit. */
export interface Measure {
  guard: GuardName;
  attribute: string | null;
  word: string;
  unit: 'share' | 'count';
  limitIs: 'most' | 'least';
  /** Null: not judged, because the denominator is below 100 or the model run states no rows. */
  figure: number | null;
  limit: number | undefined;
  sentence: (figure: string, limit: string) => string;
}

/** Every figure that is judged before delivery, with a limit or without. */
export function measureAll(limits: GuardLimits, figures: GuardFigures): Measure[] {
  return BEFORE_DELIVERY.flatMap((guard) =>
    'each' in guard ? measureEach(guard.each, limits, figures) : [measure(guard, limits, figures)],
  );
}

/** One guard over the figures of a run. */
export function measure<Figures>(guard: Guard<Figures>, limits: GuardLimits, figures: Figures): Measure {
  const { name, word, unit, limitIs, sentence } = guard;
  const limit = limits[name];
  return {
    guard: name,
    attribute: null,
    word,
    unit,
    limitIs,
    sentence,
    figure: guard.figure(figures),
    limit: typeof limit === 'number' ? limit : undefined,
  };
}

function measureEach(guard: AttributeGuard, limits: GuardLimits, { attributes, compared }: GuardFigures): Measure[] {
  const { name, word, unit, limitIs } = guard;
  return attributes.flatMap((one) => {
    const figure = guard.figure(one, compared);
    if (figure === undefined) return [];
    return {
      guard: name,
      attribute: one.name,
      word: `${word} ${one.name}`,
      unit,
      limitIs,
      figure,
      limit: guard.limit(limits, one.name),
      sentence: (shown: string, limit: string) => guard.sentence(shown, limit, one.name),
    };
  });
}

/** Whether a figure is beyond its limit; one that is not judged never is. */
export function isTripped({ figure, limit, limitIs }: Measure): boolean {
  if (figure === null || limit === undefined) return false;
  return limitIs === 'most' ? figure > limit : figure < limit;
}

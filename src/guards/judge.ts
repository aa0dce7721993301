import type { GuardLimits } from '../types';
import { changedShare } from './changedShare';
import { clearedShare } from './clearedShare';
import { customers } from './customers';
import type { DeliveryFigures, Guard, GuardFigures, GuardName } from './guard';
import { refusedShare, rejectedShare } from './rejectedShare';
import { showFigure, showLimit } from './show';
import { values } from './values';

/** One hold names one guard: the first of these. The order is that of the screens. */
const BEFORE_DELIVERY = [changedShare, clearedShare, rejectedShare, customers, values];

/** A guard whose limit is exceeded: why a run is held. */
export interface GuardTrip {
  guard: GuardName;
  figure: number;
  limit: number;
  /** For a person, without full stop. */
  sentence: string;
}

/** After extraction, before the first request. A guard that was approved in this run is not judged again. */
export function judgeGuards(limits: GuardLimits, figures: GuardFigures, approved: readonly string[]): GuardTrip | null {
  return firstTrip(BEFORE_DELIVERY, limits, figures, approved);
}

/** After each chunk: has Braze refused too many? */
export function judgeDelivery(
  limits: GuardLimits,
  figures: DeliveryFigures,
  approved: readonly string[],
): GuardTrip | null {
  return firstTrip([refusedShare], limits, figures, approved);
}

/** A figure beside its limit, for a preview. */
export interface GuardFigure {
  guard: GuardName;
  /** Null: off, its denominator is below 100. */
  figure: number | null;
  /** Null: no limit set. */
  limit: number | null;
  ok: boolean;
  /** `changed 5.6 % (limit 20 %)`. */
  text: string;
}

/** Every guard that is judged before delivery, with a limit or without. */
export function allFigures(limits: GuardLimits, figures: GuardFigures): GuardFigure[] {
  return BEFORE_DELIVERY.map((guard) => {
    const limit = limits[guard.name];
    const figure = guard.figure(figures);
    const shown = figure === null ? 'not judged below 100 customers' : showFigure(guard.unit, figure, limit);
    const beside = limit === undefined ? 'no limit' : `limit ${showLimit(guard.unit, limit)}`;
    return {
      guard: guard.name,
      figure,
      limit: limit ?? null,
      ok: figure === null || limit === undefined || figure <= limit,
      text: `${guard.word} ${shown} (${beside})`,
    };
  });
}

function firstTrip<Figures>(
  guards: readonly Guard<Figures>[],
  limits: GuardLimits,
  figures: Figures,
  approved: readonly string[],
): GuardTrip | null {
  for (const guard of guards) {
    const limit = limits[guard.name];
    const figure = guard.figure(figures);
    if (limit === undefined || figure === null || figure <= limit || approved.includes(guard.name)) continue;
    const sentence = guard.sentence(showFigure(guard.unit, figure, limit), showLimit(guard.unit, limit));
    return { guard: guard.name, figure, limit, sentence };
  }
  return null;
}

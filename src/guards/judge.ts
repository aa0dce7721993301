import type { GuardLimits } from '../types/settings';
import { keyOf, NO_BASELINE, type Baseline } from './baseline';
import type { DeliveryFigures, GuardFigures, GuardName } from './guard';
import { isTripped, type Measure, measure, measureAll } from './measure';
import { refusedShare } from './runGuards';
import { showFigure, showLimit } from './show';

/** Guards whose share is of the customers with acknowledged values. */
const OF_KNOWN_CUSTOMERS: readonly GuardName[] = ['maxChangedShare', 'maxClearedShare'];

/** A guard whose limit is exceeded: why a run is held. */
interface GuardTrip {
  guard: GuardName;
  figure: number;
  limit: number;
  /** For a person, without full stop. */
  sentence: string;
}

/** After extraction, before the first request. A guard that was approved in this run is not judged again. */
export function judgeGuards(
  limits: GuardLimits,
  figures: GuardFigures,
  approved: readonly string[],
  baseline: Baseline = NO_BASELINE,
): GuardTrip | null {
  return firstTrip(measureAll(limits, figures), approved, baseline);
}

/** After each chunk: has Braze refused too many? */
export function judgeDelivery(
  limits: GuardLimits,
  figures: DeliveryFigures,
  approved: readonly string[],
): GuardTrip | null {
  return firstTrip([measure(refusedShare, limits, figures)], approved, NO_BASELINE);
}

/** A figure and its limit, for a preview. */
export interface GuardFigure {
  guard: GuardName;
  /** Of a guard with a figure for each attribute; null: the guard is about the whole run. */
  attribute: string | null;
  /** Null: not judged, because there is nothing to compare with or the denominator is below 100. */
  figure: number | null;
  /** Null: no limit set. */
  limit: number | null;
  /** Over the last recorded runs; null: there are none. */
  usual: number | null;
  ok: boolean;
  /** `changed 5.6 % (limit 20 %, usual 5.2 %)`, or `changed not judged (below 100 customers; limit 20 %)`. */
  text: string;
}

/** Every guard that is judged before delivery, with a limit or without. */
export function allFigures(
  limits: GuardLimits,
  figures: GuardFigures,
  baseline: Baseline = NO_BASELINE,
): GuardFigure[] {
  return measureAll(limits, figures).map((one) => {
    const { guard, attribute, word, unit, figure, limit } = one;
    const usual = baseline.get(keyOf(one));
    const shown = figure === null ? 'not judged' : showFigure(unit, figure, limit);
    const beside = [
      ...(figure === null ? [notJudgedBecause(one, figures)] : []),
      displayLimit(one),
      ...(usual === undefined ? [] : [`usual ${showFigure(unit, usual)}`]),
    ];
    return {
      guard,
      attribute,
      figure,
      limit: limit ?? null,
      usual: usual ?? null,
      ok: !isTripped(one),
      text: `${word} ${shown} (${beside.join(figure === null ? '; ' : ', ')})`,
    };
  });
}

function notJudgedBecause({ guard }: Measure, { knownCustomers, modelRunRows }: GuardFigures): string {
  if (knownCustomers === 0 && OF_KNOWN_CUSTOMERS.includes(guard)) return 'first run: nothing to compare with';
  if (guard !== 'minRowShare') return 'below 100 customers';
  return modelRunRows === null ? 'the model run states no row count' : 'below 100 rows';
}

function displayLimit({ limit, limitIs, unit }: Measure): string {
  if (limit === undefined) return 'no limit';
  return `${limitIs === 'most' ? 'limit' : 'at least'} ${showLimit(unit, limit)}`;
}

/** The first guard that trips. An attribute guard names all attributes that trip it, because one approval covers them. */
function firstTrip(measures: readonly Measure[], approved: readonly string[], baseline: Baseline): GuardTrip | null {
  const tripped = measures.filter((one) => isTripped(one) && !approved.includes(one.guard));
  const [first] = tripped;
  if (first === undefined) return null;
  const sentences = tripped.filter(({ guard }) => guard === first.guard).map((one) => figureSentence(one, baseline));
  return { guard: first.guard, figure: first.figure!, limit: first.limit!, sentence: sentences.join('; ') };
}

function figureSentence(one: Measure, baseline: Baseline): string {
  const { unit, figure, limit } = one;
  const sentence = one.sentence(showFigure(unit, figure!, limit), showLimit(unit, limit!));
  const usual = baseline.get(keyOf(one));
  return usual === undefined ? sentence : `${sentence}, usual ${showFigure(unit, usual)}`;
}

import type { Guard } from './guard';

type Unit = Guard<unknown>['unit'];

/** `31.0 %` or `1,325`. A share close to its limit gets digits until the two differ: 5.0 % is not more than 5 %. */
export function showFigure(unit: Unit, figure: number, limit?: number): string {
  if (unit === 'count') return grouped(Math.round(figure));
  let digits = 1;
  while (digits < 6 && limit !== undefined && figure !== limit && looksLike(figure, limit, digits)) digits++;
  return `${(figure * 100).toFixed(digits)} %`;
}

/** `20 %` or `1,000`. */
export function showLimit(unit: Unit, limit: number): string {
  return unit === 'count' ? grouped(limit) : `${percent(limit)} %`;
}

function looksLike(figure: number, limit: number, digits: number): boolean {
  return Number((figure * 100).toFixed(digits)) === percent(limit);
}

/** 0.07 × 100 is 7.000000000000001 in binary floats. */
function percent(limit: number): number {
  return Number((limit * 100).toPrecision(12));
}

/** Formats a count the same on every machine, regardless of its locale. */
function grouped(count: number): string {
  return count.toLocaleString('en-GB');
}

import type { ResolvedAttribute } from '../attributes/compile';
import { isOutside } from '../attributes/range';
import type { AttributeFigures, GuardFigures } from '../guards/guard';
import type { ExtractionFigures, RunRecord } from '../ledger/runs';
import type { SyncSettings } from '../types/settings';

/** Empty figures; `attributes`: how many the mapping has. */
export function noFigures(attributes: number): ExtractionFigures {
  return {
    compared: 0,
    missing: zeros(attributes),
    outOfRange: zeros(attributes),
    valued: zeros(attributes).map(() => false),
  };
}

function zeros(length: number): number[] {
  return Array.from({ length }, () => 0);
}

/** Counts one customer's row in `figures`: in place, because this is the hot path. `values` in the order of `attributes`. */
export function countRow(
  figures: ExtractionFigures,
  attributes: readonly ResolvedAttribute[],
  values: readonly (string | null)[],
): void {
  figures.compared += 1;
  for (let index = 0; index < attributes.length; index++) {
    const text = values[index] ?? null;
    const { range } = attributes[index]!;
    if (text === null) figures.missing[index]! += 1;
    else if (range !== undefined && isOutside(range, text)) figures.outOfRange[index]! += 1;
  }
}

/** The sum, as a new object: a commit of the earlier sum may be in progress. */
export function sumOf(one: ExtractionFigures, other: ExtractionFigures): ExtractionFigures {
  return {
    compared: one.compared + other.compared,
    missing: one.missing.map((count, index) => count + other.missing[index]!),
    outOfRange: one.outOfRange.map((count, index) => count + other.outOfRange[index]!),
    valued: one.valued.map((any, index) => any || other.valued[index]!),
  };
}

/** The figures of each attribute as the guards read them; `outOfRange` is null where no range is declared. */
export function attributeFigures({ attributes }: SyncSettings, figures: ExtractionFigures): AttributeFigures[] {
  return attributes.map(({ name, range }, index) => ({
    name,
    missing: figures.missing[index]!,
    outOfRange: range === undefined ? null : figures.outOfRange[index]!,
  }));
}

/** A run's counts as the guards read them. */
export function figuresOf(record: RunRecord & { settings: SyncSettings }): GuardFigures {
  const { settings, figures } = record;
  return {
    knownCustomers: record.knownCustomers,
    changedKnown: record.knownChanged,
    clearedKnown: record.knownCleared,
    changed: record.changed,
    newCustomers: record.changed - record.knownChanged - record.refreshed,
    newRejections: record.newlyRejected,
    values: record.plannedValues,
    candidates: record.candidates,
    // A backfill reads only what it was requested for.
    modelRunRows: record.mode === 'backfill' ? null : record.modelRunRows,
    compared: figures?.compared ?? 0,
    attributes: figures === null ? [] : attributeFigures(settings, figures),
  };
}

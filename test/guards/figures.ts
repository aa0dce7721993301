import type { AttributeFigures, GuardFigures } from '../../src/guards/guard';

/** An ordinary week: 23,570 customers scored, 1,325 of them changed. */
export const quiet: GuardFigures = {
  knownCustomers: 23_570,
  changedKnown: 1_325,
  clearedKnown: 0,
  changed: 1_325,
  newCustomers: 0,
  newRejections: 3,
  values: 2_710,
  candidates: 23_570,
  modelRunRows: null,
  compared: 23_570,
  attributes: [],
};

export function attribute(name: string, missing: number, outOfRange: number | null = null): AttributeFigures {
  return { name, missing, outOfRange };
}

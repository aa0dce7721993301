import type { Guard, GuardFigures } from './guard';

/** What a run may cost at most: under a data-point contract every value sent is one. */
export const values: Guard<GuardFigures> = {
  name: 'maxValues',
  word: 'values',
  unit: 'count',
  limitIs: 'most',
  figure: (figures) => figures.values,
  sentence: (figure, limit) => `${figure} values would be sent, limit ${limit}`,
};

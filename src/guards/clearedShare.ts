import { type Guard, type GuardFigures, share } from './guard';

/** A truncated table or an emptied column would remove attributes that campaigns rely on. */
export const clearedShare: Guard<GuardFigures> = {
  name: 'maxClearedShare',
  word: 'cleared',
  unit: 'share',
  limitIs: 'most',
  figure: ({ clearedKnown, knownCustomers }) => share(clearedKnown, knownCustomers),
  sentence: (figure, limit) => `${figure} of customers would lose a value, limit ${limit}`,
};

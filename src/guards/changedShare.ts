import { type Guard, type GuardFigures, share } from './guard';

/** A model gone wrong, or a changed unit in its column, moves nearly everyone at once. */
export const changedShare: Guard<GuardFigures> = {
  name: 'maxChangedShare',
  word: 'changed',
  unit: 'share',
  limitIs: 'most',
  figure: ({ changedKnown, knownCustomers }) => share(changedKnown, knownCustomers),
  sentence: (figure, limit) => `${figure} of customers would change, limit ${limit}`,
};

import { type Guard, type GuardFigures, share } from './guard';

/** A model run that says it is complete before its rows can be read: its own count tells. */
export const rowShare: Guard<GuardFigures> = {
  name: 'minRowShare',
  word: 'rows',
  unit: 'share',
  limitIs: 'least',
  figure: ({ candidates, modelRunRows }) => (modelRunRows === null ? null : share(candidates, modelRunRows)),
  sentence: (figure, limit) => `${figure} of the rows that the model run states were found, at least ${limit} expected`,
};

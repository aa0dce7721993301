import { type Guard, type GuardFigures, share, type DeliveryFigures } from './guard';

/** A broken model, or a changed unit in its column, changes nearly every customer at once. */
export const changedShare: Guard<GuardFigures> = {
  name: 'maxChangedShare',
  word: 'changed',
  unit: 'share',
  limitIs: 'most',
  figure: ({ changedKnown, knownCustomers }) => share(changedKnown, knownCustomers),
  sentence: (figure, limit) => `${figure} of customers would change, limit ${limit}`,
};

/** A truncated table or an emptied column would remove attributes that campaigns rely on. */
export const clearedShare: Guard<GuardFigures> = {
  name: 'maxClearedShare',
  word: 'cleared',
  unit: 'share',
  limitIs: 'most',
  figure: ({ clearedKnown, knownCustomers }) => share(clearedKnown, knownCustomers),
  sentence: (figure, limit) => `${figure} of customers would lose a value, limit ${limit}`,
};

/** After extraction: rejections, as a share of all changes. */
export const rejectedShare: Guard<GuardFigures> = {
  name: 'maxRejectedShare',
  word: 'rejected',
  unit: 'share',
  limitIs: 'most',
  figure: ({ newRejections, changed }) => share(newRejections, changed + newRejections),
  sentence: (figure, limit) => `${figure} of the changes cannot be sent, limit ${limit}`,
};

/** After each chunk: customers that Braze refused, as a share of all that it answered. */
export const refusedShare: Guard<DeliveryFigures> = {
  name: 'maxRejectedShare',
  word: 'refused by Braze',
  unit: 'share',
  limitIs: 'most',
  figure: ({ sentAccepted, sentRejected }) => share(sentRejected, sentAccepted + sentRejected),
  sentence: (figure, limit) => `Braze refused ${figure} of the customers sent, limit ${limit}`,
};

/** A model run may report that it is complete before its rows can be read; its own count shows that. */
export const rowShare: Guard<GuardFigures> = {
  name: 'minRowShare',
  word: 'rows',
  unit: 'share',
  limitIs: 'least',
  figure: ({ candidates, modelRunRows }) => (modelRunRows === null ? null : share(candidates, modelRunRows)),
  sentence: (figure, limit) => `${figure} of the rows stated by the model run were found, at least ${limit} expected`,
};

/** The most customers that a run may send, first run included. */
export const customers: Guard<GuardFigures> = {
  name: 'maxCustomers',
  word: 'customers',
  unit: 'count',
  limitIs: 'most',
  figure: ({ changed }) => changed,
  sentence: (figure, limit) => `${figure} customers would be sent, limit ${limit}`,
};

/** The most values that a run may send: under a data-point contract each one is charged. */
export const values: Guard<GuardFigures> = {
  name: 'maxValues',
  word: 'values',
  unit: 'count',
  limitIs: 'most',
  figure: (figures) => figures.values,
  sentence: (figure, limit) => `${figure} values would be sent, limit ${limit}`,
};

/** A customer who is sent for the first time may become a monthly active user, which an MAU contract charges for. */
export const profiles: Guard<GuardFigures> = {
  name: 'maxProfiles',
  word: 'first time',
  unit: 'count',
  limitIs: 'most',
  figure: ({ newCustomers }) => newCustomers,
  sentence: (figure, limit) => `${figure} customers would be sent for the first time, limit ${limit}`,
};

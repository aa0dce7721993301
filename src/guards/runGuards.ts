import { type Guard, type GuardFigures, share, type DeliveryFigures } from './guard';

/** A model gone wrong, or a changed unit in its column, moves nearly everyone at once. */
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

/** After extraction: values that cannot be sent, beside the customers that have something to send. */
export const rejectedShare: Guard<GuardFigures> = {
  name: 'maxRejectedShare',
  word: 'rejected',
  unit: 'share',
  limitIs: 'most',
  figure: ({ newRejections, changed }) => share(newRejections, changed + newRejections),
  sentence: (figure, limit) => `${figure} of what changed cannot be sent, limit ${limit}`,
};

/** After each chunk: customers that Braze refused, among all it has answered. */
export const refusedShare: Guard<DeliveryFigures> = {
  name: 'maxRejectedShare',
  word: 'refused by Braze',
  unit: 'share',
  limitIs: 'most',
  figure: ({ sentAccepted, sentRejected }) => share(sentRejected, sentAccepted + sentRejected),
  sentence: (figure, limit) => `Braze refused ${figure} of the customers sent, limit ${limit}`,
};

/** A model run that says it is complete before its rows can be read: its own count shows it. */
export const rowShare: Guard<GuardFigures> = {
  name: 'minRowShare',
  word: 'rows',
  unit: 'share',
  limitIs: 'least',
  figure: ({ candidates, modelRunRows }) => (modelRunRows === null ? null : share(candidates, modelRunRows)),
  sentence: (figure, limit) => `${figure} of the rows that the model run states were found, at least ${limit} expected`,
};

/** What a run may touch at most, first run included. */
export const customers: Guard<GuardFigures> = {
  name: 'maxCustomers',
  word: 'customers',
  unit: 'count',
  limitIs: 'most',
  figure: ({ changed }) => changed,
  sentence: (figure, limit) => `${figure} customers would be sent, limit ${limit}`,
};

/** What a run may cost at most: under a data-point contract every value sent is one. */
export const values: Guard<GuardFigures> = {
  name: 'maxValues',
  word: 'values',
  unit: 'count',
  limitIs: 'most',
  figure: (figures) => figures.values,
  sentence: (figure, limit) => `${figure} values would be sent, limit ${limit}`,
};

/** A customer who is sent for the first time may become an active user, which a contract by active users charges for. */
export const profiles: Guard<GuardFigures> = {
  name: 'maxProfiles',
  word: 'first time',
  unit: 'count',
  limitIs: 'most',
  figure: ({ newCustomers }) => newCustomers,
  sentence: (figure, limit) => `${figure} customers would be sent for the first time, limit ${limit}`,
};

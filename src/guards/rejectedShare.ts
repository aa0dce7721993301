import { type DeliveryFigures, type Guard, type GuardFigures, share } from './guard';

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

import { type AttributeGuard, share } from './guard';

/** A probability of 87, or a negative value: the model changed its unit, or went wrong. */
export const outOfRangeShare: AttributeGuard = {
  name: 'maxOutOfRangeShare',
  word: 'outside the range of',
  unit: 'share',
  limitIs: 'most',
  limit: ({ maxOutOfRangeShare }) => maxOutOfRangeShare,
  figure: ({ missing, outOfRange }, compared) =>
    outOfRange === null ? undefined : share(outOfRange, compared - missing),
  sentence: (figure, limit, attribute) => `${figure} of ${attribute} lie outside its range, limit ${limit}`,
};

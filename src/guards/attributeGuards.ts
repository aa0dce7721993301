import { ownValue } from '../types/values';
import { type AttributeGuard, share } from './guard';

/** An emptied column, or a join without matches, shows as missing values. */
export const nullShare: AttributeGuard = {
  name: 'maxNullShare',
  word: 'without',
  unit: 'share',
  limitIs: 'most',
  limit: ({ maxNullShare }, attribute) => {
    if (typeof maxNullShare !== 'object') return maxNullShare;
    return ownValue(maxNullShare, attribute);
  },
  figure: ({ missing }, compared) => share(missing, compared),
  sentence: (figure, limit, attribute) => `${figure} of customers have no ${attribute}, limit ${limit}`,
};

/** A probability of 87, or a negative one: the model changed its unit, or is broken. */
export const outOfRangeShare: AttributeGuard = {
  name: 'maxOutOfRangeShare',
  word: 'outside the range of',
  unit: 'share',
  limitIs: 'most',
  limit: ({ maxOutOfRangeShare }) => maxOutOfRangeShare,
  figure: ({ missing, outOfRange }, compared) =>
    outOfRange === null ? undefined : share(outOfRange, compared - missing),
  sentence: (figure, limit, attribute) =>
    `${figure} of the values of ${attribute} are outside its range, limit ${limit}`,
};

import { ownValue } from '../types/values';
import { type AttributeGuard, share } from './guard';

/** A column that was emptied, or a join that found nothing, shows as values that are missing. */
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

import type { Guard, GuardFigures } from './guard';

/** What a run may touch at most, first run included. */
export const customers: Guard<GuardFigures> = {
  name: 'maxCustomers',
  word: 'customers',
  unit: 'count',
  limitIs: 'most',
  figure: ({ changed }) => changed,
  sentence: (figure, limit) => `${figure} customers would be sent, limit ${limit}`,
};

import type { Guard, GuardFigures } from './guard';

/** Whoever is sent for the first time may become an active user, which a contract by active users charges for. */
export const profiles: Guard<GuardFigures> = {
  name: 'maxProfiles',
  word: 'first time',
  unit: 'count',
  limitIs: 'most',
  figure: ({ newCustomers }) => newCustomers,
  sentence: (figure, limit) => `${figure} customers would be sent for the first time, limit ${limit}`,
};

import type { AttributeType, Identifier } from '../../types/settings';

/** Braze's names of the types, as its dashboard lists them. */
export const BRAZE_TYPES: Readonly<Record<AttributeType, string>> = {
  number: 'Number',
  string: 'String',
  boolean: 'Boolean',
  date: 'Time',
};

/** Braze's own words for each identifier, in its search of users. */
export const SEARCHED_BY: Readonly<Record<Identifier['kind'], string>> = {
  external_id: 'external ID',
  braze_id: 'Braze ID',
  email: 'email address',
  phone: 'phone number',
  alias: 'user alias',
};

import { columnType, outgoingType, typeProblem } from '../../src/attributes/columnType';
import { RISK_BANDS, rule } from './rules';

test.each([
  ['numeric(12,2)', 'number'],
  ['float8', 'number'],
  ['double precision', 'number'],
  ['character varying(255)', 'string'],
  ['uuid', 'string'],
  ['bool', 'boolean'],
  ['date', 'date'],
  ['timestamp(6) with time zone', 'date'],
  ['TIMESTAMPTZ', 'date'],
  ['jsonb', 'unsupported'],
  ['money', 'unsupported'],
  ['_text', 'unsupported'],
  ['interval', 'unsupported'],
])('a column of type %s holds %s', (databaseType, type) => {
  expect(columnType(databaseType)).toBe(type);
});

test('the outgoing type is the declared one, else the column’s; bands are strings', () => {
  expect(outgoingType(rule({ type: 'string' }), 'number')).toBe('string');
  expect(outgoingType(rule(), 'date')).toBe('date');
  expect(outgoingType(rule({ bands: RISK_BANDS }), 'number')).toBe('string');
  expect(outgoingType(rule(), 'unsupported')).toBeUndefined();
});

test.each([
  ['a boolean from a date', rule({ type: 'boolean' }), 'date'],
  ['a number from a date', rule({ type: 'number' }), 'date'],
  ['a number from a boolean', rule({ type: 'number' }), 'boolean'],
  ['a date from a number', rule({ type: 'date' }), 'number'],
  ['a date from a boolean', rule({ type: 'date' }), 'boolean'],
  ['bands of a date', rule({ bands: RISK_BANDS }), 'date'],
  ['bands of a boolean declared number', rule({ bands: RISK_BANDS, type: 'number' }), 'boolean'],
  ['bands of text not declared number', rule({ bands: RISK_BANDS }), 'string'],
  ['decimals of text not declared number', rule({ decimals: 2 }), 'string'],
  ['decimals of a number sent as text', rule({ decimals: 2, type: 'string' }), 'number'],
  ['minChange of a date', rule({ minChange: '1' }), 'date'],
  ['a json column without a declared type', rule(), 'unsupported'],
] as const)('%s is a problem of the config', (_, one, column) => {
  expect(typeProblem(one, column)).toMatch(/\.$/);
});

test.each([
  ['numbers as text', rule({ type: 'number', decimals: 2 }), 'string'],
  ['bands of text declared number', rule({ bands: RISK_BANDS, type: 'number' }), 'string'],
  ['dates as text', rule({ type: 'date' }), 'string'],
  ['booleans as text', rule({ type: 'boolean' }), 'string'],
  ['0 and 1 as booleans', rule({ type: 'boolean' }), 'number'],
  ['a number as text', rule({ type: 'string' }), 'number'],
  ['a date as text', rule({ type: 'string' }), 'date'],
  ['an enum of any name declared string', rule({ type: 'string' }), 'unsupported'],
] as const)('%s: rows are tried one by one', (_, one, column) => {
  expect(typeProblem(one, column)).toBeNull();
});

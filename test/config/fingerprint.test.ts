import { mappingFingerprint } from '../../src/config/fingerprint';
import type { AttributeRule, SyncSettings } from '../../src/types/settings';
import { load, removeConfigs, withSync } from './tempConfig';

afterEach(removeConfigs);

const TYPES = { risk: 'string', value: 'number' };

function settings(
  more = '',
  risk = '{ bands: { low: 0, high: 0.8 }, hysteresis: 0.03 }',
  value = '{ decimals: 2 }',
): SyncSettings {
  return load(withSync(`table: scores\n${more}\nattributes:\n  risk: ${risk}\n  value: ${value}`)).syncs.churn!;
}

const base = mappingFingerprint(settings(), TYPES);

test('it is the same wherever and whenever it is computed', () => {
  expect(base).toBe('5faed40049420085a1cbdb4730b73a16c7b1c67617f6a84699660353ca3727ee');
});

test('settings read back from the ledger have it, too', () => {
  expect(mappingFingerprint(JSON.parse(JSON.stringify(settings())), TYPES)).toBe(base);
});

test.each<[string, SyncSettings]>([
  ['another order', { ...settings(), attributes: settings().attributes.toReversed() }],
  ['another spelling of a number', settings('', '{ bands: { high: .80, low: 0.0 }, hysteresis: "0.030" }')],
  [
    'schedule, guards, delivery, overlap',
    settings(
      'schedule: { every: day, at: "06:00" }\nguards: { maxValues: 1 }\ndelivery: { lanes: 1 }\noverlap: 2h\nholdFor: 1h\nmodelRun: signal',
    ),
  ],
  ['departed customers', settings('departedCustomers: clear')],
  ['updateExistingOnly', settings('updateExistingOnly: false')],
  ['a description', settings('', undefined, '{ decimals: 2, description: Euros within a year }')],
  ["a type that is the column's anyway", settings('', undefined, '{ type: number, decimals: 2 }')],
])('unmoved by %s', (_what, same) => {
  expect(mappingFingerprint(same, TYPES)).toBe(base);
});

const rule = (change: Partial<AttributeRule>) => {
  const [first, second] = settings().attributes;
  return { ...settings(), attributes: [first!, { ...second!, ...change }] };
};

test('unmoved by standardField: it decides whether a name may be sent, not what', () => {
  expect(mappingFingerprint(rule({ standardField: true }), TYPES)).toBe(base);
});

test.each<[string, SyncSettings]>([
  ['table', { ...settings(), relation: { table: 'others' } }],
  ['query', { ...settings(), relation: { query: 'scores' } }],
  ['customer id', { ...settings(), customerId: 'id' }],
  ['source', { ...settings(), source: 'other' }],
  ['workspace', { ...settings(), workspace: { ...settings().workspace, name: 'other' } }],
  ['identifier', { ...settings(), identifier: { kind: 'email' } }],
  ['alias label', { ...settings(), identifier: { kind: 'alias', label: 'crm' } }],
  ['an attribute less', { ...settings(), attributes: settings().attributes.slice(1) }],
  ['name', rule({ name: 'risk2' })],
  ['column', rule({ column: 'other' })],
  ['decimals', rule({ decimals: 1 })],
  ['minChange', rule({ minChange: '1' })],
  ['onlyWithOthers', rule({ onlyWithOthers: true })],
  ['a bound', settings('', '{ bands: { low: 0, high: 0.7 }, hysteresis: 0.03 }')],
  ["a band's name", settings('', '{ bands: { low: 0, top: 0.8 }, hysteresis: 0.03 }')],
  ['hysteresis', settings('', '{ bands: { low: 0, high: 0.8 }, hysteresis: 0.04 }')],
])('moved by another %s', (_what, other) => {
  expect(mappingFingerprint(other, { ...TYPES, risk2: 'number' })).not.toBe(base);
});

test('moved by a column whose type has changed', () => {
  expect(mappingFingerprint(settings(), { ...TYPES, value: 'string' })).not.toBe(base);
});

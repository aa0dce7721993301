import { changedAttributes, differingProfiles } from '../../demo/expectedProfiles';

const expected = new Map([
  ['00001', { churn_risk: 'low', churn_probability: 0.1 }],
  ['00002', { churn_risk: 'high', churn_probability: 0.9 }],
]);

test('profiles that are as expected do not differ, whatever their order', () => {
  const found = [
    ['00002', { churn_probability: 0.9, churn_risk: 'high' }],
    ['00001', { churn_probability: 0.1, churn_risk: 'low' }],
  ] as const;
  expect(differingProfiles(expected, found)).toEqual([]);
});

test('another value, another type, a value too many or too few: each differs', () => {
  const first = ['00001', expected.get('00001')!] as const;
  for (const second of [
    { churn_risk: 'medium', churn_probability: 0.9 },
    { churn_risk: 'high', churn_probability: '0.9' },
    { churn_risk: 'high', churn_probability: 0.9, predicted_value: 3 },
    { churn_risk: 'high' },
    {},
  ]) {
    expect(differingProfiles(expected, [first, ['00002', second]])).toEqual(['00002']);
  }
});

test('a profile that is missing differs, and so does one that should not be there', () => {
  expect(differingProfiles(expected, [['00001', expected.get('00001')!]])).toEqual(['00002']);
  expect(differingProfiles(expected, [...expected, ['00003', {}]])).toEqual(['00003']);
});

test('changed attributes are those of either side', () => {
  expect(changedAttributes({ a: 1, b: 2, c: 3 }, { a: 1, b: 4, d: 5 })).toEqual(['b', 'c', 'd']);
});

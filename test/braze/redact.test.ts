import { redactValues } from '../../src/braze/redact';

const body = JSON.stringify({
  external_id: 'c-4711',
  user_alias: { alias_name: 'Ann.Alias', alias_label: 'crm' },
  next_best_product: 'sku (7)*',
  churn_probability: 0.83,
  grade: 'A',
  vip: true,
});

test.each([
  ['provided external_id c-4711 is blacklisted', 'provided external_id [value] is blacklisted'],
  ['alias ann.alias is unknown', 'alias [value] is unknown'],
  ["'sku (7)*' is not valid", "'[value]' is not valid"],
  ['0.83 is not an integer', '[value] is not an integer'],
  ["A grade of 'A' is not valid", "A grade of '[value]' is not valid"],
  ['c-47112 is another customer', 'c-47112 is another customer'],
  ['ann@example.com and +49 170 1234567', '[value] and [value]'],
  ["'churn_probability' must be true", "'churn_probability' must be true"],
  ['two\n\tlines\u0000', 'two lines'],
])('%p', (words, expected) => {
  expect(redactValues(words, body)).toBe(expected);
});

test('a value that begins like another goes whole', () => {
  const both = JSON.stringify({ external_id: 'ann', alias: 'ann.alias' });
  expect(redactValues('ann.alias is unknown', both)).toBe('[value] is unknown');
});

test('are cut after the values are out, so that no part of one stays', () => {
  const words = redactValues(`${'x'.repeat(296)} c-4711 ${'y'.repeat(2000)}`, body);
  expect(words).toHaveLength(300);
  expect(words).not.toContain('c-');
});

import { nearest } from '../../src/config/nearest';

test.each([
  ['tabel', ['table', 'query'], 'table'],
  ['customer_id', ['customerId', 'updatedAt'], 'customerId'],
  ['Monday', ['monday', 'sunday'], 'monday'],
  ['mon', ['monday', 'sunday'], 'monday'],
  ['next_best_prodct', ['next_best_product', 'predicted_value'], 'next_best_product'],
  ['us', ['eu', 'uk'], undefined],
  ['s', ['sunday', 'monday'], undefined],
  ['meaning', ['column', 'minChange'], undefined],
  ['', ['a'], undefined],
  ['anything', [], undefined],
])('%s among %j is %s', (text, candidates, expected) => {
  expect(nearest(text, candidates)).toBe(expected);
});

import { typeProblem } from '../../src/attributes/columnType';
import { compileRange, isOutside } from '../../src/attributes/range';

test('both ends belong to the range, in decimals: no binary float moves a number over an end', () => {
  const range = compileRange({ min: '0', max: '0.3' });
  for (const inside of ['0', '-0', '0.3', '0.30', '3e-1']) expect(isOutside(range, inside)).toBe(false);
  for (const outside of ['-0.0000000000000000001', '0.30000000000000001', '1e2']) {
    expect(isOutside(range, outside)).toBe(true);
  }
});

test('one end may be open', () => {
  expect(isOutside(compileRange({ min: '0' }), '1e300')).toBe(false);
  expect(isOutside(compileRange({ min: '0' }), '-1')).toBe(true);
  expect(isOutside(compileRange({ max: '1' }), '-1e300')).toBe(false);
});

test('what is no number is a rejection, not outside', () => {
  for (const text of ['NaN', 'Infinity', 'x', ''])
    expect(isOutside(compileRange({ min: '0', max: '1' }), text)).toBe(false);
});

test('a range needs a column with numbers', () => {
  const rule = { name: 'p', column: 'p', onlyWithOthers: false, range: { min: '0' } };
  expect(typeProblem(rule, 'number')).toBeNull();
  expect(typeProblem(rule, 'string')).toMatch(/^range needs numbers/);
  expect(typeProblem({ ...rule, bands: [{ name: 'low', lower: '0' }] }, 'number')).toBeNull();
});

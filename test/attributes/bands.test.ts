import fc from 'fast-check';
import { outgoingValue } from '../../src/attributes/outgoing';
import type { AttributeValue } from '../../src/types/values';
import { RISK_BANDS, compiled } from './rules';

const plain = compiled({ bands: RISK_BANDS });
const sticky = compiled({ bands: RISK_BANDS, hysteresis: '0.03' });

function band(attribute: typeof plain, text: string, acknowledged?: AttributeValue, uncertain = false) {
  return outgoingValue(attribute, text, acknowledged, uncertain);
}

describe('bands', () => {
  test.each([
    ['0', 'low'],
    ['0.49999999999999999999', 'low'],
    ['0.5', 'medium'],
    ['0.79', 'medium'],
    ['0.8', 'high'],
    ['1e300', 'high'],
    ['1e-07', 'low'],
  ])('the highest lower bound reached names the band: %s is %s', (text, name) => {
    expect(band(plain, text)).toEqual({ value: name });
  });

  test.each([
    ['-0.01', 'below-lowest-band'],
    ['NaN', 'not-finite'],
    ['high', 'not-a-number'],
  ])('%s is refused: %s', (text, reason) => {
    expect(band(plain, text)).toMatchObject({ refused: reason });
  });
});

describe('hysteresis of 0.03', () => {
  test.each([
    ['0.47', 'medium', 'medium'],
    ['0.4699999999999999999', 'medium', 'low'],
    ['0.8299999999999999999', 'medium', 'medium'],
    ['0.83', 'medium', 'high'],
    ['0.5299999', 'low', 'low'],
    ['0.53', 'low', 'medium'],
    ['0.77', 'high', 'high'],
    ['0.76', 'high', 'medium'],
    ['999', 'high', 'high'],
    ['-0.03', 'low', 'low'],
  ])('%s after an acknowledged %s sends %s', (text, acknowledged, name) => {
    expect(band(sticky, text, acknowledged)).toEqual({ value: name });
  });

  test('below the widened lowest band nothing is kept', () => {
    expect(band(sticky, '-0.0300001', 'low')).toMatchObject({ refused: 'below-lowest-band' });
    expect(band(sticky, '-0.01', 'medium')).toMatchObject({ refused: 'below-lowest-band' });
  });

  test.each([['retired name'], [null], [undefined], [0.5]])('%p is no band to keep', (acknowledged) => {
    expect(band(sticky, '0.51', acknowledged)).toEqual({ value: 'medium' });
  });

  test('an uncertain band is not kept', () => {
    expect(band(sticky, '0.51', 'low', true)).toEqual({ value: 'medium' });
  });

  test('a band flips only when the value has left it by the hysteresis, and not back within it', () => {
    const thousandths = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 60 });
    const lowers: Record<string, number> = { low: 0, medium: 500, high: 800 };
    const uppers: Record<string, number> = { low: 500, medium: 800, high: Infinity };
    fc.assert(
      fc.property(thousandths, (scores) => {
        let acknowledged: string | undefined;
        for (const score of scores) {
          const outgoing = band(sticky, `${score}e-3`, acknowledged);
          if (!('value' in outgoing) || typeof outgoing.value !== 'string') throw new Error('no band');
          const next = outgoing.value;
          if (acknowledged !== undefined) {
            const inside = score >= lowers[acknowledged]! - 30 && score < uppers[acknowledged]! + 30;
            expect(next === acknowledged).toBe(inside);
          }
          expect(score >= lowers[next]! - 30 && score < uppers[next]! + 30).toBe(true);
          acknowledged = next;
        }
      }),
    );
  });
});

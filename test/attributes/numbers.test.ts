import fc from 'fast-check';
import { outgoingValue } from '../../src/attributes/outgoing';
import type { AttributeValue } from '../../src/types/values';
import { compiled } from './rules';

function sent(settings: Parameters<typeof compiled>[0], text: string, acknowledged?: AttributeValue) {
  return outgoingValue(compiled({ type: 'number', ...settings }), text, acknowledged, false);
}

/** Decimal text of `units` × 10^−places, by integers only. */
function decimalText(units: bigint, places: number): string {
  const digits = (units < 0n ? -units : units).toString().padStart(places + 1, '0');
  const whole = digits.slice(0, digits.length - places);
  return `${units < 0n ? '-' : ''}${whole}${places === 0 ? '' : `.${digits.slice(-places)}`}`;
}

describe('numbers', () => {
  test.each([
    ['1.005', 2, 1.01],
    ['-1.005', 2, -1.01],
    ['1.004999999999999999999999', 2, 1],
    ['2.5', 0, 3],
    ['-2.5', 0, -3],
    ['0.8234', 2, 0.82],
    ['1e-07', 2, 0],
    ['1e-07', 7, 1e-7],
    ['1.5e+3', 0, 1500],
    ['9007199254740991.4', 0, 9007199254740991],
    ['+7', 0, 7],
    ['.5', 1, 0.5],
    ['12  ', 0, 12],
  ])('%s with %i decimals goes out as %d', (text, decimals, value) => {
    expect(sent({ decimals }, text)).toEqual({ value });
  });

  test('without decimals every digit goes out that a JSON number holds', () => {
    expect(sent({}, '0.726578570081')).toEqual({ value: 0.726578570081 });
    expect(sent({}, '12.50')).toEqual({ value: 12.5 });
  });

  test('minus zero goes out as zero', () => {
    const outgoing = sent({ decimals: 2 }, '-0.004');
    expect(outgoing).toEqual({ value: 0 });
    expect('value' in outgoing && Object.is(outgoing.value, 0)).toBe(true);
  });

  test.each([
    ['NaN', 'not-finite'],
    ['Infinity', 'not-finite'],
    ['-Infinity', 'not-finite'],
    ['9007199254740992', 'out-of-range'],
    ['-9007199254740992', 'out-of-range'],
    ['9007199254740991.5', 'out-of-range'],
    ['1e300', 'out-of-range'],
    ['1e999999999', 'out-of-range'],
    ['1e-999999999', 'out-of-range'],
    ['', 'not-a-number'],
    ['12,5', 'not-a-number'],
    ['0x10', 'not-a-number'],
    ['1 000', 'not-a-number'],
    ['$12.00', 'not-a-number'],
    ['t', 'not-a-number'],
  ])('%p is refused: %s', (text, reason) => {
    expect(sent({ decimals: 0, minChange: '1' }, text, 5)).toMatchObject({ refused: reason });
    expect(sent({ decimals: 0 }, text)).toMatchObject({ refused: reason });
    expect(sent({}, text)).toMatchObject({ refused: reason });
  });

  test('a refusal never repeats the value', () => {
    for (const text of ['customer-4711', '1e4711']) {
      expect(JSON.stringify(sent({ decimals: 0 }, text))).not.toContain('4711');
    }
  });

  test('rounding agrees with exact integer arithmetic, halves away from zero', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }),
        fc.integer({ min: 0, max: 12 }),
        fc.integer({ min: 0, max: 6 }),
        (units, places, decimals) => {
          const outgoing = sent({ decimals }, decimalText(units, places));
          const dropped = Math.max(0, places - decimals);
          const expected = Number(decimalText(rounded(units, dropped), places - dropped));
          expect(outgoing).toEqual({ value: expected + 0 });
        },
      ),
    );
  });

  test('rounding is exact however near to a half a number lies', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 11n), max: 10n ** 11n }),
        fc.bigInt({ min: -3n, max: 3n }),
        fc.integer({ min: 1, max: 25 }),
        fc.integer({ min: 0, max: 4 }),
        (whole, off, places, decimals) => {
          // A half of the last digit kept, and a few units of a digit far behind it.
          const units = (whole * 10n + 5n) * 10n ** BigInt(places - 1) + off;
          const outgoing = sent({ decimals }, decimalText(units, places + decimals));
          expect(outgoing).toEqual({ value: Number(decimalText(rounded(units, places), decimals)) + 0 });
        },
      ),
    );
  });
});

/** Rounded to the nearest whole, of two equally near the one away from zero, by integers only. */
function rounded(units: bigint, dropped: number): bigint {
  const divisor = 10n ** BigInt(dropped);
  const size = units < 0n ? -units : units;
  const nearest = (2n * size + divisor) / (2n * divisor);
  return units < 0n ? -nearest : nearest;
}

describe('minChange', () => {
  test.each([
    ['0.59', 0.55, 0.55],
    ['0.60', 0.55, 0.6],
    ['0.50', 0.55, 0.5],
    ['0.51', 0.55, 0.55],
    // 0.3 − 0.25 is 0.04999999999999999 in binary floats.
    ['0.30', 0.25, 0.3],
  ])('0.05 with %s after an acknowledged %d sends %d', (text, acknowledged, value) => {
    expect(sent({ decimals: 2, minChange: '0.05' }, text, acknowledged)).toEqual({ value });
  });

  test('compares the rounded number, not the exact one', () => {
    expect(sent({ decimals: 1, minChange: '0.1' }, '0.55', 0.5)).toEqual({ value: 0.6 });
  });

  test.each([[undefined], [null], ['0.55'], [true]])('has nothing to keep in %p', (acknowledged) => {
    expect(sent({ decimals: 2, minChange: '0.05' }, '0.56', acknowledged)).toEqual({ value: 0.56 });
  });

  test('has nothing to keep where the acknowledged number is uncertain', () => {
    const attribute = compiled({ type: 'number', decimals: 2, minChange: '0.05' });
    expect(outgoingValue(attribute, '0.56', 0.55, true)).toEqual({ value: 0.56 });
  });
});

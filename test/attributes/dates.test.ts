import fc from 'fast-check';
import { outgoingValue } from '../../src/attributes/outgoing';
import { compiled } from './rules';

const date = compiled({ type: 'date' }, 'date');

describe('dates', () => {
  test.each([
    ['2026-11-01 05:00:00.123456+00', '2026-11-01T05:00:00.123Z'],
    ['2026-11-01 05:00:00.9999+00', '2026-11-01T05:00:00.999Z'],
    ['2026-11-01 05:00:00.1+00', '2026-11-01T05:00:00.100Z'],
    ['2026-11-01 05:00:00', '2026-11-01T05:00:00.000Z'],
    ['2026-11-01 05:00', '2026-11-01T05:00:00.000Z'],
    ['2026-11-01', '2026-11-01T00:00:00.000Z'],
    ['2026-11-01T05:00:00Z', '2026-11-01T05:00:00.000Z'],
    ['2026-11-01 05:00:00+01', '2026-11-01T04:00:00.000Z'],
    ['2026-11-01 05:00:00-03:30', '2026-11-01T08:30:00.000Z'],
    ['2026-11-01 05:00:00-0030', '2026-11-01T05:30:00.000Z'],
    ['1880-01-01 00:00:00+00:53:28', '1879-12-31T23:06:32.000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['0001-01-01', '0001-01-01T00:00:00.000Z'],
    ['3000-12-31', '3000-12-31T00:00:00.000Z'],
  ])('%s goes out as %s', (text, value) => {
    expect(outgoingValue(date, text, undefined, false)).toEqual({ value });
  });

  test.each([
    ['infinity'],
    ['-infinity'],
    ['0000-00-00'],
    ['2026-02-29'],
    ['1900-02-29'],
    ['2026-13-01'],
    ['2026-11-01 24:00:00'],
    ['3001-01-01'],
    ['3000-12-31 23:59:59-01'],
    ['10000-01-01'],
    ['0044-03-15 BC'],
    ['yesterday'],
    ['20261101'],
    [''],
  ])('%p is refused', (text) => {
    expect(outgoingValue(date, text, undefined, false)).toMatchObject({ refused: 'not-a-date' });
  });

  test('agrees with JavaScript on every instant, in every zone', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('0001-01-02T00:00:00Z'), max: new Date('3000-12-30T00:00:00Z'), noInvalidDate: true }),
        fc.integer({ min: -14 * 60, max: 14 * 60 }),
        (instant, offsetMinutes) => {
          const local = new Date(instant.getTime() + offsetMinutes * 60_000)
            .toISOString()
            .slice(0, 23)
            .replace('T', ' ');
          const size = Math.abs(offsetMinutes);
          const zone = [Math.floor(size / 60), size % 60].map((part) => String(part).padStart(2, '0')).join(':');
          const text = `${local}${offsetMinutes < 0 ? '-' : '+'}${zone}`;
          expect(outgoingValue(date, text, undefined, false)).toEqual({ value: instant.toISOString() });
        },
      ),
    );
  });
});

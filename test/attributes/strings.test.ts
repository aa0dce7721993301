import { outgoingValue } from '../../src/attributes/outgoing';
import { compiled } from './rules';

describe('strings', () => {
  test('text goes out as it is', () => {
    const text = compiled({ type: 'string' }, 'string');
    for (const value of ['', ' box set ', 'Größe', 'NaN', 't']) {
      expect(outgoingValue(text, value, undefined, false)).toEqual({ value });
    }
  });

  test('255 characters are counted as people count them, not as UTF-16 does', () => {
    const text = compiled({ type: 'string' }, 'string');
    expect(outgoingValue(text, '😀'.repeat(255), undefined, false)).toEqual({ value: '😀'.repeat(255) });
    expect(outgoingValue(text, '😀'.repeat(256), undefined, false)).toEqual({
      refused: 'too-long',
      message: '256 characters; Braze accepts at most 255.',
    });
  });

  test.each([
    ['12.50', '12.5'],
    ['1e-07', '0.0000001'],
    ['12345678901234567890', '12345678901234567890'],
    ['-0', '0'],
  ])('a number sent as text has one spelling: %s is %s', (text, value) => {
    expect(outgoingValue(compiled({ type: 'string' }, 'number'), text, undefined, false)).toEqual({ value });
  });

  test('NaN of a numeric column is refused as text too', () => {
    const outgoing = outgoingValue(compiled({ type: 'string' }, 'number'), 'NaN', undefined, false);
    expect(outgoing).toMatchObject({ refused: 'not-finite' });
  });

  test('a boolean sent as text is true or false', () => {
    expect(outgoingValue(compiled({ type: 'string' }, 'boolean'), 't', undefined, false)).toEqual({ value: 'true' });
  });
});

describe('booleans', () => {
  test.each([
    ['t', true],
    ['true', true],
    ['1', true],
    ['f', false],
    ['false', false],
    ['0', false],
  ])('%s is %p', (text, value) => {
    expect(outgoingValue(compiled({ type: 'boolean' }, 'string'), text, undefined, false)).toEqual({ value });
  });

  test.each([['yes'], ['2'], ['T'], ['']])('%p is refused', (text) => {
    const outgoing = outgoingValue(compiled({ type: 'boolean' }, 'string'), text, undefined, false);
    expect(outgoing).toMatchObject({ refused: 'not-a-boolean' });
  });
});

test.each(['number', 'string', 'boolean', 'date'] as const)('a missing %s is null', (type) => {
  expect(outgoingValue(compiled({ type }, type), null, undefined, false)).toEqual({ value: null });
});

import { fitLines } from '../../src/dev/fitLines';

const layout = { separator: ' · ', indent: 6 };

test('parts share a line of 80 columns, and the next line is indented', () => {
  const [one, two] = ['a'.repeat(40), 'b'.repeat(37)];
  expect(fitLines([one, two], layout)).toEqual([`${one} · ${two}`]);
  expect(fitLines([one, `${two}b`], layout)).toEqual([one, `      ${two}b`]);
});

test('a part that is longer than a line stays whole', () => {
  const path = '/folder'.repeat(20);
  expect(fitLines(['log', path, 'end'], layout)).toEqual(['log', `      ${path}`, '      end']);
});

test('without parts there is no line', () => expect(fitLines([], layout)).toEqual([]));

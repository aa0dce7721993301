import { coloured, hasColour, terminalWidth } from '../../src/cli/shared/terminal';

const TTY = { isTTY: true, columns: 100 };
const PIPE = {};

test.each([
  ['a terminal', TTY, {}, 100],
  ['COLUMNS wins', TTY, { COLUMNS: '80' }, 80],
  ['a pipe has no width', PIPE, {}, Infinity],
  ['a pipe with COLUMNS', PIPE, { COLUMNS: '60' }, 60],
  ['COLUMNS that is no number', PIPE, { COLUMNS: 'wide' }, Infinity],
  ['a terminal that does not know its width', { isTTY: true, columns: 0 }, {}, Infinity],
  ['too narrow to read', PIPE, { COLUMNS: '5' }, 40],
])('width: %s', (_, stream, env, width) => {
  expect(terminalWidth(stream, env)).toBe(width);
});

test.each([
  ['a terminal', TTY, {}, true],
  ['a pipe', PIPE, {}, false],
  ['NO_COLOR', TTY, { NO_COLOR: '1' }, false],
  ['an empty NO_COLOR says nothing', TTY, { NO_COLOR: '' }, true],
  ['FORCE_COLOR in a pipe', PIPE, { FORCE_COLOR: '1' }, true],
  ['FORCE_COLOR=0', TTY, { FORCE_COLOR: '0' }, false],
  ['FORCE_COLOR wins over NO_COLOR, as in Node', PIPE, { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
  ['a dumb terminal', TTY, { TERM: 'dumb' }, false],
])('colour: %s', (_, stream, env, colour) => {
  expect(hasColour(stream, env)).toBe(colour);
});

test.each([
  ['ok    config     fine', '\u001B[32mok\u001B[39m    config     fine'],
  ['error churn', '\u001B[31merror\u001B[39m churn'],
  ['churn  HELD   Mon 06:01', 'churn  \u001B[31mHELD\u001B[39m   Mon 06:01'],
  ['okay, WITHHELD', 'okay, WITHHELD'],
])('%j', (line, painted) => {
  expect(coloured(line)).toBe(painted);
});

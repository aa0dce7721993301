import fc from 'fast-check';
import { wrapLine } from '../../src/cli/shared/wrap';

const NPX = 'npx peak-braze';

test.each([
  ['a line that fits', 'worker: 1 · times UTC', 60, ['worker: 1 · times UTC']],
  [
    'a sentence, below its own text',
    'warn  churn      predicted_value has no decimals, so nearly every customer is sent in every run',
    60,
    [
      'warn  churn      predicted_value has no decimals, so nearly',
      '                 every customer is sent in every run',
    ],
  ],
  [
    'figures, each with its word',
    'ok    churn, run 12: completed   23,570 candidates   1,325 changed   18 requests   1,325 accepted   3 rejected',
    60,
    [
      'ok    churn, run 12: completed   23,570 candidates',
      '      1,325 changed   18 requests   1,325 accepted',
      '      3 rejected',
    ],
  ],
  [
    'a number with its unit, a day with its time',
    'churn, run 2: held, needs approval. 26.0 % of the customers would change, limit 20 %. It ends Thu 3 Dec 06:04.',
    60,
    [
      'churn, run 2: held, needs approval. 26.0 % of the customers',
      '  would change, limit 20 %. It ends Thu 3 Dec 06:04.',
    ],
  ],
])('%s', (_, line, width, lines) => {
  expect(wrapLine(line, width, NPX)).toEqual(lines);
});

test('a command that fits stays on one line', () => {
  const lines = wrapLine('There is nothing to retry in this sync. Start one: npx peak-braze run churn', 60, NPX);
  expect(lines).toContainEqual(expect.stringContaining('npx peak-braze run churn'));
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(60);
});

test('a command that does not fit is continued with a backslash, ready to paste', () => {
  const command =
    'npx peak-braze backfill churn --customer 00001 00002 00003 00004 00005 00006 --resend --config eu/shop.yaml';
  const lines = wrapLine(`  inspect  ${command}`, 60, NPX);
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(60);
  expect(lines.slice(0, -1).every((line) => line.endsWith(' \\'))).toBe(true);
  const pasted = lines.map((line) => line.replace(/ \\$/, '').trim()).join(' ');
  expect(pasted).toBe(`inspect  ${command}`);
});

test('a word longer than the terminal is not broken', () => {
  const id = 'x'.repeat(90);
  expect(wrapLine(`customer ${id} is new`, 60, NPX)).toContainEqual(expect.stringContaining(id));
});

const WORD = fc.stringMatching(/^[a-z0-9,.·()%-]{1,20}$/);
const LINE = fc
  .array(fc.tuple(fc.oneof(WORD, fc.constant('npx peak-braze status churn')), fc.constantFrom(' ', '   ')), {
    minLength: 1,
    maxLength: 40,
  })
  .map((words) =>
    words
      .map(([word, gap]) => word + gap)
      .join('')
      .trimEnd(),
  );

test('no line is too wide, and no word is lost or cut', () => {
  fc.assert(
    fc.property(LINE, fc.integer({ min: 40, max: 120 }), (line, width) => {
      const lines = wrapLine(line, width, NPX);
      const words = (text: string) => text.split(/\s+/).filter((word) => word !== '' && word !== '\\');
      expect(words(lines.join(' '))).toEqual(words(line));
      for (const one of lines) expect(one.length).toBeLessThanOrEqual(width);
    }),
    { numRuns: 500 },
  );
});

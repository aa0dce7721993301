import fc from 'fast-check';
import { layOut } from '../../src/cli/shared/table';

test('numbers are right-aligned with thousands separators; words are left-aligned', () => {
  expect(
    layOut(
      ['SYNC', 'SENT', 'SHARE'],
      [
        ['churn', 1_325, '5.6 %'],
        ['value', 98, '-'],
      ],
      80,
    ),
  ).toEqual(['SYNC    SENT  SHARE', 'churn  1,325  5.6 %', 'value     98      -']);
});

test('a table that is too wide is split into blocks, each with the first column', () => {
  const lines = layOut(
    ['RUN', 'STATE', 'STARTED', 'CANDIDATES', 'CHANGED'],
    [[41, 'completed-with-rejections', 'Mon 16 Nov 06:04', 23_570, 1_325]],
    60,
  );
  expect(lines).toEqual([
    'RUN  STATE                      STARTED           CANDIDATES',
    ' 41  completed-with-rejections  Mon 16 Nov 06:04      23,570',
    '',
    'RUN  CHANGED',
    ' 41    1,325',
  ]);
});

test('a last column of sentences is wrapped within the column', () => {
  expect(layOut(['REASON', 'WHY'], [['not-finite', 'NaN and Infinity cannot be sent to Braze at all.']], 40)).toEqual([
    'REASON      WHY',
    'not-finite  NaN and Infinity cannot be',
    '            sent to Braze at all.',
  ]);
});

test('digits in a text are an id, and stay left-aligned', () => {
  expect(
    layOut(
      ['ID', 'N'],
      [
        ['00042', 1],
        ['7', 2],
      ],
      80,
    ),
  ).toEqual(['ID     N', '00042  1', '7      2']);
});

const CELL = fc.oneof(
  fc.integer({ min: 0, max: 9_999_999 }),
  fc.stringMatching(/^[a-z-]{1,26}$/),
  fc.stringMatching(/^([a-z]{1,9} ){3,12}[a-z]$/),
);
const TABLE = fc
  .integer({ min: 1, max: 12 })
  .chain((columns) =>
    fc.tuple(
      fc.array(fc.stringMatching(/^[A-Z]{2,12}$/), { minLength: columns, maxLength: columns }),
      fc.array(fc.array(CELL, { minLength: columns, maxLength: columns }), { maxLength: 5 }),
    ),
  );

test('no line is too wide, and every cell is there', () => {
  fc.assert(
    fc.property(TABLE, fc.constantFrom(60, 80, 120), ([header, rows], width) => {
      // The first column names the row: short.
      const named = rows.map((row, at) => [`row${at}`, ...row.slice(1)]);
      const lines = layOut(header, named, width);
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
      const words = new Set(lines.join(' ').split(/ +/));
      const expected = named
        .flat()
        .flatMap((cell) => (typeof cell === 'number' ? [cell.toLocaleString('en-US')] : cell.split(' ')));
      expect(expected.filter((word) => !words.has(word))).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

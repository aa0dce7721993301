import { isoTime } from '../../src/types/isoTime';

test.each([
  ['as Postgres writes timestamptz in UTC', '2026-11-27 11:41:19.964976+00', '2026-11-27T11:41:19.964976Z'],
  ['without a fraction', '2026-11-27 11:41:19+00', '2026-11-27T11:41:19Z'],
  ['digits as the database writes them', '2026-11-27 11:41:19.96+00', '2026-11-27T11:41:19.96Z'],
  ['ISO 8601 already', '2026-11-27T11:41:19.964Z', '2026-11-27T11:41:19.964Z'],
  ['as a person types it', '2026-11-27t06:00z', '2026-11-27T06:00:00Z'],
  ['an offset ahead of UTC', '2026-11-27 01:30:00.000001+02', '2026-11-26T23:30:00.000001Z'],
  ['an offset behind UTC', '2026-12-31 23:59:59.999999-01', '2027-01-01T00:59:59.999999Z'],
  ['half an hour', '2026-11-27 11:41:19.964976+05:30', '2026-11-27T06:11:19.964976Z'],
  ['half an hour behind, without a colon', '2026-11-27T11:41:19-0330', '2026-11-27T15:11:19Z'],
  ['less than an hour behind', '2026-11-27 23:45:00-00:30', '2026-11-28T00:15:00Z'],
  ['seconds in the offset', '1900-01-01 00:00:00.5+00:19:32', '1899-12-31T23:40:28.5Z'],
  ['a blank before the offset, nanoseconds', '2026-11-27 11:41:19.964976123 +0100', '2026-11-27T10:41:19.964976123Z'],
  ['29 February', '2024-03-01 00:00:00+01', '2024-02-29T23:00:00Z'],
  ['no 29 February in 1900', '1900-03-01 00:00:00+01', '1900-02-28T23:00:00Z'],
  ['the first year', '0001-01-01 00:00:00+00', '0001-01-01T00:00:00Z'],
  ['the year before it, which ISO 8601 calls 0000', '0001-01-01 00:00:00+02', '0000-12-31T22:00:00Z'],
  ['BC', '0044-03-15 12:00:00+00 BC', '-000043-03-15T12:00:00Z'],
  ['the year 9999', '9999-12-31 23:59:59.999999+00', '9999-12-31T23:59:59.999999Z'],
  ['the year after it', '9999-12-31 23:59:59-01', '+010000-01-01T00:59:59Z'],
  ['the last year of Postgres', '294276-12-31 23:59:59.999999+00', '+294276-12-31T23:59:59.999999Z'],
])('%s: %s', (_, text, iso) => {
  expect(isoTime(text)).toBe(iso);
});

test.each([
  ['timestamp without time zone', '2026-11-27 11:41:19.964976', '2026-11-27T11:41:19.964976'],
  ['the same in BC', '0001-12-31 23:00:00 BC', '0000-12-31T23:00:00'],
  ['date', '2026-11-27', '2026-11-27'],
  ['date in BC', '0044-03-15 BC', '-000043-03-15'],
])('no zone is invented: %s', (_, text, iso) => {
  expect(isoTime(text)).toBe(iso);
});

test('what is no point in time stays as the database wrote it', () => {
  expect(['infinity', '-infinity', 'yesterday'].map((text) => isoTime(text))).toEqual([
    'infinity',
    '-infinity',
    'yesterday',
  ]);
  expect(isoTime(null)).toBeNull();
});

test('a screen reads it: Date parses what it can represent', () => {
  for (const text of ['2026-11-27 11:41:19.964976+05:30', '0044-03-15 12:00:00+00 BC', '12026-01-01 00:00:00+00'])
    expect(new Date(isoTime(text)).getTime()).not.toBeNaN();
  expect(new Date(isoTime('2026-11-27 11:41:19.964976+05:30')).toISOString()).toBe('2026-11-27T06:11:19.964Z');
});

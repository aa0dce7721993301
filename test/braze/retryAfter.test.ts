import { retryAfterMs } from '../../src/braze/retryAfter';

const NOW = Date.parse('2026-11-22T03:00:00.400Z');
const epoch = (secondsFromNow: number) => String(Math.floor(NOW / 1000) + secondsFromNow);

test.each([
  ['seconds left', { 'x-ratelimit-reset': '2' }, 2000],
  ['seconds since 1970', { 'x-ratelimit-reset': epoch(3) }, 2600],
  ['the header of MAU contracts', { 'x-ratelimit-retry-after': '7' }, 7000],
  ['that before the others', { 'x-ratelimit-retry-after': '7', 'retry-after': '5', 'x-ratelimit-reset': '3' }, 7000],
  ['Retry-After in seconds', { 'retry-after': '5', 'x-ratelimit-reset': '3' }, 5000],
  ['Retry-After as a date', { 'retry-after': 'Sun, 22 Nov 2026 03:00:10 GMT' }, 9600],
  [
    'the next that says something',
    { 'x-ratelimit-retry-after': '', 'retry-after': 'soon', 'x-ratelimit-reset': '3' },
    3000,
  ],
  ['the first of several values', { 'retry-after': ['4', '9'] }, 4000],
  ['an hour at most', { 'retry-after': '86400' }, 3_600_000],
  ['an hour at most, by date', { 'x-ratelimit-reset': epoch(100_000) }, 3_600_000],
])('reads %s', (_, headers, ms) => {
  expect(retryAfterMs(headers, NOW)).toBe(ms);
});

test.each([
  ['no header', {}],
  ['empty strings', { 'x-ratelimit-limit': '', 'x-ratelimit-remaining': '', 'x-ratelimit-reset': '' }],
  ['a reset in the past', { 'x-ratelimit-reset': epoch(-5) }],
  ['zero', { 'retry-after': '0' }],
  ['negative', { 'retry-after': '-1' }],
  ['words', { 'retry-after': 'in a while' }],
])('says nothing with %s: the caller uses its own backoff', (_, headers) => {
  expect(retryAfterMs(headers, NOW)).toBeNull();
});

test("counts on Braze's clock where ours is wrong", () => {
  const headers = { date: 'Sun, 22 Nov 2026 04:00:00 GMT', 'x-ratelimit-reset': epoch(3603) };
  expect(retryAfterMs(headers, NOW)).toBe(3000);
});

import { readBudget } from '../../src/braze/budget';

const NOW = Date.parse('2026-11-23T06:00:00.250Z');
const headers = (limit: string, remaining: string, reset: string) => ({
  'x-ratelimit-limit': limit,
  'x-ratelimit-remaining': remaining,
  'x-ratelimit-reset': reset,
});

test('both dialects of the reset are read: epoch seconds, and seconds left', () => {
  const epoch = String(Date.parse('2026-11-23T06:00:03Z') / 1000);
  expect(readBudget(headers('3000', '2900', epoch), NOW)).toEqual({
    limit: 3_000,
    remaining: 2_900,
    reset: Number(epoch),
    resetInMs: 2_750,
  });
  expect(readBudget(headers('250000', '7', '3'), NOW)).toEqual({
    limit: 250_000,
    remaining: 7,
    reset: 3,
    resetInMs: 3_000,
  });
});

test.each([
  ['missing', {}],
  ['empty, as a 401 has them', headers('', '', '')],
  ['no numbers', headers('many', '-1', 'soon')],
  ['only a part', { 'x-ratelimit-limit': '3000' }],
])('headers that are %s say nothing', (_, answer) => {
  expect(readBudget(answer, NOW)).toBeNull();
});

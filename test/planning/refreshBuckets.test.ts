import { dueBuckets } from '../../src/planning/refreshBuckets';

const DAY_MS = 86_400_000;
const at = (day: number) => day * DAY_MS + 6 * 3_600_000;

test('a daily sync meets each bucket once in its time, one a day', () => {
  const days = Array.from({ length: 30 }, (_, ago) => 20_000 + ago);
  const due = days.flatMap((day) => dueBuckets(30 * DAY_MS, day - 1, at(day)).due);
  expect(due.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, bucket) => bucket));
});

test('a weekly sync takes the buckets of all days since the last recorded run; after a long pause, all of them', () => {
  expect(dueBuckets(30 * DAY_MS, 20_000, at(20_007)).due.map((bucket) => bucket)).toHaveLength(7);
  const weeks = [1, 2, 3, 4, 5].flatMap((week) => dueBuckets(35 * DAY_MS, 7 * (week - 1), at(7 * week)).due);
  expect(new Set(weeks).size).toBe(35);
  expect(dueBuckets(30 * DAY_MS, 20_000, at(20_400)).due).toHaveLength(30);
  expect(dueBuckets(30 * DAY_MS, null, at(20_000)).due).toHaveLength(30);
});

test('a second run of one day refreshes nobody again', () => {
  expect(dueBuckets(30 * DAY_MS, 20_000, at(20_000)).due).toEqual([]);
});

test('less than two days is one bucket that is always due', () => {
  expect(dueBuckets(3_600_000, 20_000, at(20_000))).toEqual({
    olderThanMs: 3_600_000,
    buckets: 1,
    due: [expect.any(Number)],
  });
  expect(dueBuckets(3_600_000, 20_000, at(20_000)).due[0]).toBeCloseTo(0);
});

import { SampleShop } from '../../demo/sampleShop';
import { changeScores } from '../../demo/scoreChange';

const shop = new SampleShop();
const scores = shop.scores(1);
const band = (probability: number) => (probability < 0.5 ? 'low' : probability < 0.8 ? 'medium' : 'high');

test('every week the same 2,000 customers have other scores, which are the same on every machine', () => {
  const weeks = [1, 2, 3, 104].map((week) => shop.scores(week));
  expect(new SampleShop().scores(3)).toEqual(weeks[2]);
  for (const [index, week] of weeks.entries()) {
    expect(week.map(({ customer_id }) => customer_id)).toEqual(scores.map(({ customer_id }) => customer_id));
    expect(week.every(({ churn_probability: p }) => p >= 0 && p <= 1)).toBe(true);
    const before = weeks[index - 1];
    if (before !== undefined) expect(week.filter((score, at) => sameValues(score, before[at]!))).toEqual([]);
  }
  expect(scores).toHaveLength(2_000);
});

function sameValues(one: (typeof scores)[number], other: (typeof scores)[number]): boolean {
  return one.churn_probability === other.churn_probability && one.predicted_value === other.predicted_value;
}

test('a week leaves the scores as they are', () => {
  expect(changeScores(scores, { by: 'week' }, 1)).toEqual({ rows: scores, customers: 2_000 });
});

test('drift moves the probability of as many customers as asked for by 0.5, into another band, and nothing else', () => {
  const { rows, customers } = changeScores(scores, { by: 'drift', share: 0.05 }, 2);
  const moved = rows.flatMap((row, index) => (row === scores[index] ? [] : [[scores[index]!, row] as const]));
  expect(customers).toBe(100);
  expect(moved).toHaveLength(100);
  for (const [before, { churn_probability, ...rest }] of moved) {
    expect(before).toMatchObject(rest);
    expect(Math.abs(churn_probability! - before.churn_probability)).toBeCloseTo(0.5, 12);
    expect(churn_probability).toBeGreaterThanOrEqual(0);
    expect(churn_probability).toBeLessThanOrEqual(1);
    expect(band(churn_probability!)).not.toBe(band(before.churn_probability));
  }
});

test('nulls takes all predicted values of as many customers as asked for, and nothing else', () => {
  const { rows, customers } = changeScores(scores, { by: 'nulls', share: 0.2 }, 2);
  const lost = rows.filter((row, index) => row !== scores[index]);
  expect(customers).toBe(400);
  expect(lost).toHaveLength(400);
  for (const row of lost) {
    expect(row).toMatchObject({ churn_probability: null, predicted_value: null, next_best_product: null });
    expect(row).toMatchObject({ expected_purchases: null, scored_at: scores[0]!.scored_at });
  }
});

test('break makes every probability NaN, and nothing else', () => {
  const { rows, customers } = changeScores(scores, { by: 'break' }, 2);
  expect(customers).toBe(2_000);
  expect(rows).toEqual(scores.map((score) => ({ ...score, churn_probability: NaN })));
});

test('the same seed chooses the same customers, another seed others; a share is never nobody, and 1 is everybody', () => {
  const chosen = (share: number, seed: number) =>
    changeScores(scores, { by: 'nulls', share }, seed).rows.flatMap((row, at) => (row === scores[at] ? [] : [at]));
  expect(chosen(0.05, 7)).toEqual(chosen(0.05, 7));
  expect(chosen(0.05, 7)).not.toEqual(chosen(0.05, 8));
  expect(chosen(0.000_01, 7)).toHaveLength(1);
  expect(chosen(1, 7)).toHaveLength(2_000);
});

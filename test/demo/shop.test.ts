import { scoreWeek } from '../../demo/scores';
import { SHOP_OPENED, simulateTransactions } from '../../demo/shop';

const settings = { seed: 42, customers: 2_000, weeks: 30 };
const transactions = simulateTransactions(settings);
const today = SHOP_OPENED + 30 * 7;

describe('a simulated shop', () => {
  test('is the same for the same seed and another for another', () => {
    expect(simulateTransactions(settings)).toEqual(transactions);
    expect(simulateTransactions({ ...settings, seed: 43 })).not.toEqual(transactions);
  });

  test('has the customers asked for, under ids like those of a real log, within its weeks', () => {
    const ids = new Set(transactions.map(({ customerId }) => customerId));
    expect(ids.size).toBe(2_000);
    expect(ids.has('00042')).toBe(true);
    for (const { day, quantity, value } of transactions) {
      expect(day).toBeGreaterThanOrEqual(SHOP_OPENED);
      expect(day).toBeLessThan(today);
      expect(Number.isInteger(day) && Number.isInteger(quantity) && quantity >= 1 && value >= 0).toBe(true);
    }
  });
});

describe('scoreWeek', () => {
  const scores = scoreWeek(transactions, today);

  test('scores every customer, with values a store can hold', () => {
    expect(scores).toHaveLength(2_000);
    expect(scores[41]).toEqual({
      customer_id: '00042',
      churn_probability: expect.any(Number),
      predicted_value: expect.any(Number),
      next_best_product: expect.any(String),
      expected_purchases: expect.any(Number),
      model_version: 'bgnbd-2026-08-03',
      scored_at: '2026-08-03 00:00:00+00',
    });
    for (const score of scores) {
      expect(score.churn_probability).toBeGreaterThanOrEqual(0);
      expect(score.churn_probability).toBeLessThanOrEqual(1);
      expect(score.predicted_value).toBeGreaterThan(0);
      expect(score.expected_purchases).toBeGreaterThan(0);
    }
  });

  test('tells customers apart', () => {
    const churn = scores.map((score) => score.churn_probability);
    expect(Math.min(...churn)).toBeLessThan(0.2);
    expect(Math.max(...churn)).toBeGreaterThan(0.9);
    expect(new Set(scores.map((score) => score.next_best_product)).size).toBeGreaterThan(3);
  });

  test('a week later everybody’s score has moved, and only buyers’ next best product', () => {
    const before = scoreWeek(transactions, today - 7);
    const bought = new Set(transactions.filter(({ day }) => day > today - 7).map(({ customerId }) => customerId));
    for (const [index, score] of scores.entries()) {
      expect(score.churn_probability).not.toBe(before[index]!.churn_probability);
      if (!bought.has(score.customer_id)) expect(score.next_best_product).toBe(before[index]!.next_best_product);
    }
  });
});

import {
  type BgNbdParameters,
  aliveProbability,
  bgNbdLogLikelihood,
  expectedPurchases,
  noPurchaseProbability,
} from '../../demo/model/bgNbd';
import { fitBgNbd, fitGammaGamma } from '../../demo/model/fit';
import { expectedSpend } from '../../demo/model/gammaGamma';
import { hypergeometric } from '../../demo/model/hypergeometric';
import { lnGamma } from '../../demo/model/lnGamma';
import { minimise } from '../../demo/model/nelderMead';
import { purchaseHistories } from '../../demo/model/purchaseHistories';
import { SHOP_OPENED, simulateTransactions } from '../../demo/shop';

const BUYING: BgNbdParameters = { r: 0.8, alpha: 6, a: 1.3, b: 3.5 };
const HISTORIES = [
  { x: 0, tx: 0, T: 20 },
  { x: 1, tx: 3, T: 20 },
  { x: 2, tx: 19.5, T: 20 },
  { x: 9, tx: 14, T: 30 },
  { x: 40, tx: 51, T: 52 },
];

/** Simpson's rule, on a grid that is fine enough for what is integrated here. */
function integral(f: (at: number) => number, from: number, to: number, steps = 20_000): number {
  const width = (to - from) / steps;
  let sum = f(from) + f(to);
  for (let step = 1; step < steps; step++) sum += (step % 2 === 0 ? 2 : 4) * f(from + step * width);
  return (sum * width) / 3;
}

test('lnGamma is that of the factorials, of one half, and of its own recurrence', () => {
  let factorial = 1;
  for (let n = 1; n <= 20; n++) {
    expect(lnGamma(n)).toBeCloseTo(Math.log(factorial), 12);
    factorial *= n;
  }
  expect(lnGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 13);
  for (const z of [0.01, 0.243, 1.7, 14.9, 15, 300.5]) expect(lnGamma(z + 1) - lnGamma(z)).toBeCloseTo(Math.log(z), 11);
});

test('hypergeometric is its integral, and two closed forms', () => {
  const [a, b, c] = [1.7, 2.5, 5.5];
  const factor = Math.exp(lnGamma(c) - lnGamma(b) - lnGamma(c - b));
  for (const z of [0, 0.3, 0.9]) {
    const byIntegral = factor * integral((t) => t ** (b - 1) * (1 - t) ** (c - b - 1) * (1 - z * t) ** -a, 0, 1);
    expect(hypergeometric(a, b, c, z) / byIntegral).toBeCloseTo(1, 6);
    expect(hypergeometric(a, b, b, z)).toBeCloseTo((1 - z) ** -a, 10);
    if (z > 0) expect(hypergeometric(1, 1, 2, z)).toBeCloseTo(-Math.log(1 - z) / z, 12);
  }
});

test('minimise finds the bottom of Rosenbrock’s valley', () => {
  const [x, y] = minimise(([a, b]) => (1 - a!) ** 2 + 100 * (b! - a! ** 2) ** 2, [-1.2, 1]);
  expect(x).toBeCloseTo(1, 4);
  expect(y).toBeCloseTo(1, 4);
});

/**
 * The likelihood of one customer whose rate and dropout probability are known is elementary:
 * (1−p)^x λ^x e^(−λT) + [x>0] p (1−p)^(x−1) λ^x e^(−λ t_x). Its mean over both densities is what the closed form says.
 */
test.each(HISTORIES)('the likelihood of %p is the mean over rates and dropout probabilities', (history) => {
  const { r, alpha, a, b } = BUYING;
  const { x, tx, T } = history;
  // Both are integrated by their fifth root: the densities have a pole or a kink at 0.
  const rateDensity = (rate: number) =>
    Math.exp(r * Math.log(alpha) - lnGamma(r) + (r - 1) * Math.log(rate) - alpha * rate);
  const meanOfRate = (until: number) =>
    integral(
      (u) => (u === 0 ? 0 : u ** (5 * x) * Math.exp(-until * u ** 5) * rateDensity(u ** 5) * 5 * u ** 4),
      0,
      1.8,
    );
  const beta = Math.exp(lnGamma(a) + lnGamma(b) - lnGamma(a + b));
  const dropoutDensity = (p: number) => (p ** (a - 1) * (1 - p) ** (b - 1)) / beta;
  const meanOfDropout = (stays: number, leaves: number) =>
    integral((u) => u ** (5 * leaves) * (1 - u ** 5) ** stays * dropoutDensity(u ** 5) * 5 * u ** 4, 0, 1);

  const alive = meanOfDropout(x, 0) * meanOfRate(T);
  const gone = x === 0 ? 0 : meanOfDropout(x - 1, 1) * meanOfRate(tx);
  const closed = bgNbdLogLikelihood(BUYING, [{ ...history, customers: 1 }]);
  expect(closed).toBeCloseTo(Math.log(alive + gone), 5);
  expect(aliveProbability(BUYING, history)).toBeCloseTo(alive / (alive + gone), 5);
});

test.each(HISTORIES)('the purchases to expect of %p begin at P(alive) times the mean rate', (history) => {
  const soon = 1e-4;
  const rate = (BUYING.r + history.x) / (BUYING.alpha + history.T);
  expect(expectedPurchases(BUYING, history, soon) / (soon * rate)).toBeCloseTo(aliveProbability(BUYING, history), 4);
});

test('expected purchases stay finite for the heaviest buyers', () => {
  const purchases = expectedPurchases(BUYING, { x: 900, tx: 199, T: 200 }, 52);
  expect(purchases).toBeGreaterThan(0);
  expect(purchases).toBeLessThan(52 * 5);
});

test('a customer with one purchase long ago is likelier to stay away than a regular one', () => {
  const once = noPurchaseProbability(BUYING, { x: 0, tx: 0, T: 50 }, 13);
  const regular = noPurchaseProbability(BUYING, { x: 20, tx: 49, T: 50 }, 13);
  expect(once).toBeGreaterThan(0.8);
  expect(regular).toBeLessThan(0.2);
  expect(aliveProbability(BUYING, { x: 0, tx: 0, T: 50 })).toBe(1);
});

test('expected spend lies between the customer’s own mean and everybody’s', () => {
  const spending = { p: 6.25, q: 3.74, v: 15.44 };
  expect(expectedSpend(spending, { x: 0, meanSpend: 0 })).toBeCloseTo((6.25 * 15.44) / 2.74, 10);
  expect(expectedSpend(spending, { x: 1e6, meanSpend: 50 })).toBeCloseTo(50, 3);
});

describe('on a simulated shop', () => {
  const customers = 30_000;
  const buying = { r: 0.5, alpha: 6, a: 0.8, b: 2.4 };
  const spending = { p: 6.25, q: 3.74, v: 15.44 };
  const transactions = simulateTransactions({ seed: 7, customers, weeks: 52, buying, spending });
  const today = SHOP_OPENED + 39 * 7 - 1;
  const histories = purchaseHistories(transactions, today);

  test('the fit recovers the parameters that the customers were made with', () => {
    const fitted = fitBgNbd(histories);
    expect(Math.abs(fitted.r / buying.r - 1)).toBeLessThan(0.05);
    expect(Math.abs(fitted.alpha / buying.alpha - 1)).toBeLessThan(0.08);
    // a and b are known less well than the mean dropout that they stand for.
    expect(Math.abs(fitted.a / (fitted.a + fitted.b) - 0.25)).toBeLessThan(0.02);

    const fittedSpend = fitGammaGamma(histories);
    expect(Math.abs(fittedSpend.p / spending.p - 1)).toBeLessThan(0.1);
    expect(Math.abs(fittedSpend.q / spending.q - 1)).toBeLessThan(0.1);
    const mean = ({ p, q, v }: typeof spending) => (p * v) / (q - 1);
    expect(Math.abs(mean(fittedSpend) / mean(spending) - 1)).toBeLessThan(0.02);
  });

  test('what was predicted for the next 13 weeks is what happens in them', () => {
    const later = purchaseHistories(transactions, today + 13 * 7);
    const repeatsLater = new Map(later.map(({ customerId, x }) => [customerId, x]));
    let silent = 0;
    let purchases = 0;
    let expectedSilent = 0;
    let expected = 0;
    for (const history of histories) {
      const bought = repeatsLater.get(history.customerId)! - history.x;
      purchases += bought;
      if (bought === 0) silent++;
      expectedSilent += noPurchaseProbability(buying, history, 13);
      expected += expectedPurchases(buying, history, 13);
    }
    expect(Math.abs(silent - expectedSilent) / customers).toBeLessThan(0.01);
    expect(Math.abs(purchases / expected - 1)).toBeLessThan(0.04);
  });
});

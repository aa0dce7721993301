import { aliveProbability, bgNbdLogLikelihood, expectedPurchases } from '../../demo/model/bgNbd';
import { fitBgNbd, fitGammaGamma } from '../../demo/model/fit';
import { expectedSpend, gammaGammaLogLikelihood } from '../../demo/model/gammaGamma';
import { lifetimeValue } from '../../demo/model/lifetimeValue';
import { type CustomerHistory, purchaseHistories } from '../../demo/model/purchaseHistories';
import { scoreWeek } from '../../demo/scores';
import { dayOf } from '../../demo/transactions';
import { describeOnCdnow, goldenRows, sampleIds, wholeLog } from './cdnow';

/** Fader, Hardie & Lee 2005; Hardie's note 025: as printed. */
const BUYING = { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 };
const SPENDING = { p: 6.25, q: 3.74, v: 15.44 };
const END_OF_CALIBRATION = dayOf('1997-09-30');

const NEW_CUSTOMER = { x: 0, tx: 0, T: 0 };

/** The published parameters with more digits, from the tests of the R package CLVTools. */
const PRECISE_BUYING = { r: 0.2425945, alpha: 4.4136019, a: 0.7929199, b: 2.4258881 };

/** E[X(t)], from the tests of the Python package lifetimes 0.11.3, whose fit differs from that in the seventh digit. */
test.each([
  [0.1429, 0.0078],
  [1, 0.0532],
  [3, 0.1506],
  [31.8571, 1.0405],
  [32, 1.0437],
  [78, 1.8576],
])('a new customer buys again in %d weeks %d times', (weeks, purchases) => {
  expect(Math.abs(expectedPurchases(PRECISE_BUYING, NEW_CUSTOMER, weeks) - purchases)).toBeLessThan(5e-4);
});

test('the paper’s customer buys 1.226 times in the next 39 weeks', () => {
  const history = { x: 2, tx: 30.43, T: 38.86 };
  expect(expectedPurchases(BUYING, history, 39)).toBeCloseTo(1.226, 3);
  expect(aliveProbability(BUYING, history)).toBeCloseTo(0.72658, 5);
});

describeOnCdnow('on the CDNOW sample', () => {
  let sample: CustomerHistory[];
  let cohort: CustomerHistory[];

  beforeAll(async () => {
    cohort = purchaseHistories(await wholeLog(), END_OF_CALIBRATION);
    const byId = new Map(cohort.map((history) => [history.customerId, history]));
    sample = sampleIds().map((id) => byId.get(id)!);
  });

  test('the summary equals that of lifetimes for all 2,357 customers', () => {
    const golden = goldenRows();
    expect(sample).toHaveLength(2_357);
    expect(sample.filter(({ x }) => x > 0)).toHaveLength(946);
    for (const [index, { x, tx, T, meanSpend }] of sample.entries()) {
      const row = golden[index]!;
      expect(x).toBe(row.x);
      for (const [ours, theirs] of [
        [tx, row.t_x],
        [T, row.T],
        [meanSpend, row.zbar],
      ]) {
        expect(Math.abs(ours! - theirs!)).toBeLessThanOrEqual(0.005 + 1e-9);
      }
    }
  });

  test('every figure of the golden file is met to 1e-9', () => {
    let worst = 0;
    for (const row of goldenRows()) {
      const history = { x: row.x!, tx: row.t_x!, T: row.T! };
      const spend = expectedSpend(SPENDING, { x: row.x!, meanSpend: row.zbar! });
      const pairs = [
        [aliveProbability(BUYING, history), row.p_alive],
        [expectedPurchases(BUYING, history, 13), row.exp_purchases_13w],
        [expectedPurchases(BUYING, history, 39), row.exp_purchases_39w],
        [expectedPurchases(BUYING, history, 52), row.exp_purchases_52w],
        [spend, row.exp_avg_spend],
        [lifetimeValue(BUYING, history, spend), row.clv_12m_1pct_monthly],
      ];
      for (const [ours, theirs] of pairs) worst = Math.max(worst, Math.abs(ours! / theirs! - 1));
    }
    expect(worst).toBeLessThan(1e-9);
  });

  test('the fit gives the published parameters to their printed digits', () => {
    const buying = fitBgNbd(sample);
    expect(buying.r.toFixed(3)).toBe('0.243');
    expect(buying.alpha.toFixed(3)).toBe('4.414');
    expect(buying.a.toFixed(3)).toBe('0.793');
    expect(buying.b.toFixed(3)).toBe('2.426');
    const logLikelihood = bgNbdLogLikelihood(
      buying,
      sample.map((history) => ({ ...history, customers: 1 })),
    );
    expect(logLikelihood.toFixed(3)).toBe('-9582.429');

    const spending = fitGammaGamma(sample);
    expect(spending.p.toFixed(2)).toBe('6.25');
    expect(spending.q.toFixed(2)).toBe('3.74');
    expect(spending.v.toFixed(2)).toBe('15.44');
    const repeaters = sample.filter(({ x }) => x > 0);
    expect(gammaGammaLogLikelihood(spending, repeaters).toFixed(4)).toBe('-4055.9177');

    const firstTen = sample.slice(0, 10).map((history) => expectedSpend(spending, history));
    const published = [24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17];
    for (const [index, spend] of firstTen.entries()) expect(Math.abs(spend - published[index]!)).toBeLessThan(0.1);
  });

  test('the whole cohort of 23,570 is fitted and scored', async () => {
    expect(cohort).toHaveLength(23_570);
    const buying = fitBgNbd(cohort);
    expect([buying.r, buying.alpha, buying.a, buying.b].map((value) => value.toFixed(3))).toEqual([
      '0.252',
      '4.789',
      '0.723',
      '2.161',
    ]);
    const spenders = cohort.filter(({ x, meanSpend }) => x > 0 && meanSpend > 0);
    expect(spenders).toHaveLength(9_450);
    const spending = fitGammaGamma(cohort);
    expect([spending.p, spending.q, spending.v].map((value) => value.toFixed(2))).toEqual(['6.28', '3.62', '14.98']);

    const scores = scoreWeek(await wholeLog(), END_OF_CALIBRATION, { buying, spending });
    const churn = scores.map((score) => score.churn_probability).sort((one, other) => one - other);
    expect(churn[11_785]!.toFixed(2)).toBe('0.92');
  });
});

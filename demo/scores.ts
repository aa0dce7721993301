import { type BgNbdParameters, expectedPurchases, noPurchaseProbability } from './model/bgNbd';
import { fitBgNbd, fitGammaGamma } from './model/fit';
import { type GammaGammaParameters, expectedSpend } from './model/gammaGamma';
import { lifetimeValue } from './model/lifetimeValue';
import { type CustomerHistory, purchaseHistories } from './model/purchaseHistories';
import { nextBestProduct } from './nextBestProduct';
import { type Transaction, dateOf } from './transactions';

/** A row of the source table. */
export interface Score {
  customer_id: string;
  /** P(no purchase in the next 90 days). */
  churn_probability: number;
  /** Discounted value of the next 12 months. */
  predicted_value: number;
  next_best_product: string;
  /** In the next 90 days. */
  expected_purchases: number;
  model_version: string;
  scored_at: string;
}

interface ModelParameters {
  buying: BgNbdParameters;
  spending: GammaGammaParameters;
}

const WEEKS_OF_90_DAYS = 90 / 7;

/**
 * The weekly model run: scores every customer known on day `asOf`. Without parameters it trains the model first, as a real
 * model run does; the training alone changes every score a little.
 */
export function scoreWeek(transactions: readonly Transaction[], asOf: number, parameters?: ModelParameters): Score[] {
  const histories = purchaseHistories(transactions, asOf);
  const { buying, spending } = parameters ?? fit(histories);
  const date = dateOf(asOf);
  return histories.map((history) => ({
    customer_id: history.customerId,
    churn_probability: noPurchaseProbability(buying, history, WEEKS_OF_90_DAYS),
    predicted_value: lifetimeValue(buying, history, expectedSpend(spending, history)),
    next_best_product: nextBestProduct(history),
    expected_purchases: expectedPurchases(buying, history, WEEKS_OF_90_DAYS),
    model_version: `bgnbd-${date}`,
    scored_at: `${date} 00:00:00+00`,
  }));
}

function fit(histories: readonly CustomerHistory[]): ModelParameters {
  return { buying: fitBgNbd(histories), spending: fitGammaGamma(histories) };
}

import { type BgNbdParameters, expectedPurchases } from './bgNbd';
import type { PurchaseHistory } from './history';

/** As in the Python package lifetimes, with whose figures the tests compare. */
const WEEKS_PER_MONTH = 4.345;
const MONTHLY_DISCOUNT = 0.01;

/** Value of the expected purchases in the next `months` months, each month discounted to today: Σ spend · ΔE[Y] / 1.01ᵐ. */
export function lifetimeValue(
  parameters: BgNbdParameters,
  history: PurchaseHistory,
  spendPerPurchase: number,
  months = 12,
): number {
  let value = 0;
  let before = 0;
  for (let month = 1; month <= months; month++) {
    const purchases = expectedPurchases(parameters, history, month * WEEKS_PER_MONTH);
    value += (spendPerPurchase * (purchases - before)) / (1 + MONTHLY_DISCOUNT) ** month;
    before = purchases;
  }
  return value;
}

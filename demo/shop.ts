import type { BgNbdParameters } from './model/bgNbd';
import type { GammaGammaParameters } from './model/gammaGamma';
import { Random } from './random';
import { type Transaction, dayOf } from './transactions';

/** A Monday. */
export const SHOP_OPENED = dayOf('2026-01-05');

/** All customers make their first purchase in the shop's first quarter, as those of CDNOW did. */
const WEEKS_OF_FIRST_PURCHASES = 12;

/** The published parameters of the CDNOW sample, which the simulated customers have. */
const BUYING: BgNbdParameters = { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 };
const SPENDING: GammaGammaParameters = { p: 6.25, q: 3.74, v: 15.44 };

interface ShopSettings {
  seed: number;
  customers: number;
  /** Weeks from the opening to the end of the log. */
  weeks: number;
  buying?: BgNbdParameters;
  spending?: GammaGammaParameters;
}

/** The log of a shop whose customers follow BG/NBD and Gamma-Gamma exactly. The same settings give the same log. */
export function simulateTransactions(settings: ShopSettings): Transaction[] {
  const { seed, customers, weeks, buying = BUYING, spending = SPENDING } = settings;
  const random = new Random(seed);
  const transactions: Transaction[] = [];
  for (let number = 1; number <= customers; number++) {
    const customerId = String(number).padStart(5, '0');
    const spendRate = random.gamma(spending.q, spending.v);
    for (const week of purchaseWeeks(random, buying, weeks)) {
      const value = Math.round(random.gamma(spending.p, spendRate) * 100) / 100;
      const quantity = Math.max(1, Math.round(value / priceOfOne(random)));
      transactions.push({ customerId, day: SHOP_OPENED + Math.floor(week * 7), quantity, value });
    }
  }
  return transactions;
}

/** The times of a customer's purchases, in weeks since the opening. No customer leaves after the first purchase. */
function purchaseWeeks(random: Random, { r, alpha, a, b }: BgNbdParameters, weeks: number): number[] {
  const rate = random.gamma(r, alpha);
  const leaving = random.beta(a, b);
  let week = random.uniform() * Math.min(WEEKS_OF_FIRST_PURCHASES, weeks);
  const purchases = [week];
  for (;;) {
    week += random.exponential(rate);
    if (week >= weeks) return purchases;
    purchases.push(week);
    if (random.uniform() < leaving) return purchases;
  }
}

/** The price of a record, from 10 (a sale) to 18 (an import), as in the real log. */
function priceOfOne(random: Random): number {
  return 10 + 8 * random.uniform();
}

import { scoreWeek, type Score } from './scores';
import { SHOP_OPENED, simulateTransactions } from './shop';
import type { Transaction } from './transactions';
import { DAYS_PER_WEEK, SIMULATED_WEEKS } from './weeks';

/** Enough customers to fit a model and to need several requests, and few enough to score within a second. */
export const SAMPLE_CUSTOMERS = 2_000;

const SEED = 1;

/** Ten years of weekly model runs. The whole log is simulated at once, because the length changes the simulated shop. */
export const LAST_WEEK = 520;

/** The simulated shop of the sample tenant that `dev` creates: the same customers and purchases on every machine. */
export class SampleShop {
  readonly #transactions: readonly Transaction[] = simulateTransactions({
    seed: SEED,
    customers: SAMPLE_CUSTOMERS,
    weeks: SIMULATED_WEEKS + LAST_WEEK,
  });

  /** The scores of the model run in this week, from 1 to {@link LAST_WEEK}. */
  scores(week: number): Score[] {
    return scoreWeek(this.#transactions, SHOP_OPENED + (SIMULATED_WEEKS + week - 1) * DAYS_PER_WEEK);
  }
}

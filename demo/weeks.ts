import { simulateTransactions, SHOP_OPENED } from './shop';
import { lastDay, readTransactions, type Transaction } from './transactions';

/** A shop's log and the two days, a week apart, on which the model runs. */
export interface TwoWeeks {
  transactions: Transaction[];
  modelRunDays: [first: number, second: number];
}

export type ShopSource = { file: string } | { customers: number; seed: number };

/** The calibration period of CDNOW in the literature. */
export const SIMULATED_WEEKS = 39;
export const DAYS_PER_WEEK = 7;

/** Reads or simulates a log; the model runs on its last day and a week before. */
export async function openShop(source: ShopSource): Promise<TwoWeeks> {
  const isReal = 'file' in source;
  const transactions = isReal
    ? await readTransactions(source.file)
    : simulateTransactions({ ...source, weeks: SIMULATED_WEEKS });
  const today = isReal ? lastDay(transactions) : SHOP_OPENED + SIMULATED_WEEKS * DAYS_PER_WEEK;
  return { transactions, modelRunDays: [today - DAYS_PER_WEEK, today] };
}

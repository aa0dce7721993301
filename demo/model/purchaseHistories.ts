import type { Transaction } from '../transactions';
import type { PurchaseHistory, SpendHistory } from './history';

const DAYS_PER_WEEK = 7;

/** One customer's purchases in a shop's log up to a day. */
export interface CustomerHistory extends PurchaseHistory, SpendHistory {
  customerId: string;
  /** Of all purchases, including the first. */
  items: number;
  spent: number;
}

/**
 * The summary behind the published figures: purchases on one day count as one, x counts the later days, and the mean spend
 * is that of the later days. Customers whose first purchase is after `asOf` are left out. Ordered by customer id.
 */
export function purchaseHistories(transactions: readonly Transaction[], asOf: number): CustomerHistory[] {
  const histories: CustomerHistory[] = [];
  for (const [customerId, purchases] of byCustomer(transactions, asOf)) {
    purchases.sort((one, other) => one.day - other.day);
    const first = purchases[0]!.day;
    let last = first;
    let repeats = 0;
    let repeatSpend = 0;
    let items = 0;
    let spent = 0;
    for (const { day, quantity, value } of purchases) {
      if (day !== last) repeats++;
      if (day !== first) repeatSpend += value;
      last = day;
      items += quantity;
      spent += value;
    }
    histories.push({
      customerId,
      x: repeats,
      tx: (last - first) / DAYS_PER_WEEK,
      T: (asOf - first) / DAYS_PER_WEEK,
      meanSpend: repeats === 0 ? 0 : repeatSpend / repeats,
      items,
      spent,
    });
  }
  return histories.sort((one, other) => (one.customerId < other.customerId ? -1 : 1));
}

function byCustomer(transactions: readonly Transaction[], asOf: number): Map<string, Transaction[]> {
  const purchases = new Map<string, Transaction[]>();
  for (const transaction of transactions) {
    if (transaction.day > asOf) continue;
    const earlier = purchases.get(transaction.customerId);
    if (earlier === undefined) purchases.set(transaction.customerId, [transaction]);
    else earlier.push(transaction);
  }
  return purchases;
}

import type { Transaction } from '../transactions';
import type { PurchaseHistory, SpendHistory } from './history';

const DAYS_PER_WEEK = 7;

/** What a shop's log says of one customer up to a day. */
export interface CustomerHistory extends PurchaseHistory, SpendHistory {
  customerId: string;
  /** Over all purchases, the first included. */
  items: number;
  spent: number;
}

/**
 * The summary that the published figures rest on: purchases of one day are one, x counts the later days, the mean spend
 * is that of the later days alone. Customers who first bought after `asOf` are not there yet. Ordered by customer id.
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

import type { CustomerHistory } from './model/purchaseHistories';

const MANY_ITEMS_PER_PURCHASE = 3;
/** Dollars an item: roughly the lower and upper quarter of CDNOW's purchases. */
const CHEAP = 12;
const EXPENSIVE = 16;

/** The product to offer next, by the customer's purchases so far: many items at once, cheap or expensive ones. A rule, not a model. */
export function nextBestProduct({ x, items, spent }: CustomerHistory): string {
  if (items === 0 || spent === 0) return 'welcome voucher';
  if (items / (x + 1) >= MANY_ITEMS_PER_PURCHASE) return 'box set';
  const price = spent / items;
  if (price < CHEAP) return 'sale';
  return price < EXPENSIVE ? 'new release' : 'import';
}

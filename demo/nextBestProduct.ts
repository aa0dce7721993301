import type { CustomerHistory } from './model/purchaseHistories';

const MANY_ITEMS_PER_PURCHASE = 3;
/** Dollars an item: roughly the lower and upper quarter of CDNOW's purchases. */
const CHEAP = 12;
const DEAR = 16;

/** What to offer next, by what the customer has bought so far: much at once, cheap or dear. A rule, not a model. */
export function nextBestProduct({ x, items, spent }: CustomerHistory): string {
  if (items === 0 || spent === 0) return 'welcome voucher';
  if (items / (x + 1) >= MANY_ITEMS_PER_PURCHASE) return 'box set';
  const price = spent / items;
  if (price < CHEAP) return 'sale';
  return price < DEAR ? 'new release' : 'import';
}

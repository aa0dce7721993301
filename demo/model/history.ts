/**
 * A customer as the model sees them, in the letters of the literature (Fader, Hardie & Lee 2005). Time is in weeks since
 * the first purchase; purchases of one day are one.
 */
export interface PurchaseHistory {
  /** Repeat purchases: days with a purchase, the first not counted. */
  x: number;
  /** Time of the last purchase; 0 without repeats. */
  tx: number;
  /** Age: time from the first purchase to today. */
  T: number;
}

/** What a customer has spent, in the letters of the literature (Hardie & Fader, note 025). */
export interface SpendHistory {
  x: number;
  /** Mean spend of a repeat purchase; 0 without repeats. */
  meanSpend: number;
}

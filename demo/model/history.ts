/**
 * A customer's purchases, in the notation of the literature (Fader, Hardie & Lee 2005). Time is in weeks since the first
 * purchase; purchases on one day count as one.
 */
export interface PurchaseHistory {
  /** Repeat purchases: days with a purchase, the first not counted. */
  x: number;
  /** Time of the last purchase; 0 without repeats. */
  tx: number;
  /** Age: time from the first purchase to today. */
  T: number;
}

/** A customer's spend, in the notation of the literature (Hardie & Fader, note 025). */
export interface SpendHistory {
  x: number;
  /** Mean spend of a repeat purchase; 0 without repeats. */
  meanSpend: number;
}

import type { PurchaseHistory } from './history';
import { hypergeometric } from './hypergeometric';

const { exp, log, log1p, max, abs } = Math;

/**
 * The BG/NBD model of repeat buying (Fader, Hardie & Lee 2005, Marketing Science 24(2):275–284): purchases arrive at a
 * rate that is Gamma(r, alpha) over customers, and after each repeat a customer leaves with a probability that is Beta(a, b).
 */
export interface BgNbdParameters {
  r: number;
  alpha: number;
  a: number;
  b: number;
}

/** P(alive | x, t_x, T), Hardie's note 021. Exactly 1 without repeats: no customer leaves before the first one. */
export function aliveProbability({ r, alpha, a, b }: BgNbdParameters, { x, tx, T }: PurchaseHistory): number {
  if (x === 0) return 1;
  return 1 / (1 + (a / (b + x - 1)) * ((alpha + T) / (alpha + tx)) ** (r + x));
}

/**
 * E[Y(t) | x, t_x, T], expected purchases in the next t weeks: the paper's equation 10,
 *
 *   (a+b+x−1)/(a−1) · [1 − (1−z)^(r+x) · ₂F₁(r+x, b+x; a+b+x−1; z)] · P(alive),   z = t/(alpha+T+t),
 *
 * with Euler's transformation ₂F₁(A, B; C; z) = (1−z)^(C−A−B) ₂F₁(C−A, C−B; C; z), which makes the exponent a−1 and the
 * series short, and keeps both finite for customers with hundreds of purchases.
 * For x = t_x = T = 0 this is equation 9, E[X(t)] of a new customer.
 */
export function expectedPurchases(parameters: BgNbdParameters, history: PurchaseHistory, weeks: number): number {
  const { r, alpha, a, b } = parameters;
  const { x, T } = history;
  const z = weeks / (alpha + T + weeks);
  const c = a + b + x - 1;
  const left = (1 - z) ** (a - 1) * hypergeometric(a + b - 1 - r, a - 1, c, z);
  return (c / (a - 1)) * (1 - left) * aliveProbability(parameters, history);
}

/**
 * The churn score: P(no purchase in the next t weeks), Hardie's note 039, equation 34. Not 1 − P(alive), which is 0 for
 * every customer with one purchase: those with the highest risk would seem to have none.
 */
export function noPurchaseProbability(parameters: BgNbdParameters, history: PurchaseHistory, weeks: number): number {
  const { r, alpha } = parameters;
  const { x, T } = history;
  const silentThoughAlive = ((alpha + T) / (alpha + T + weeks)) ** (r + x);
  return 1 - aliveProbability(parameters, history) * (1 - silentThoughAlive);
}

/** A purchase history and the number of customers who share it. */
export interface CountedHistory extends PurchaseHistory {
  customers: number;
}

/**
 * ln L of the paper's equation 6, summed over customers: A1 + A2 + ln(e^A3 + [x>0] e^A4) with
 *
 *   A1 = lnΓ(r+x) − lnΓ(r) + r ln alpha          A2 = lnΓ(a+b) + lnΓ(b+x) − lnΓ(b) − lnΓ(a+b+x)
 *   A3 = −(r+x) ln(alpha+T)                      A4 = ln a − ln(b+x−1) − (r+x) ln(alpha+t_x)
 *
 * x being whole, the differences of lnΓ are sums of logarithms, tabulated once per call. The two exponentials are added
 * by max-shift (Hardie's note 027: neither fits a double for heavy buyers).
 */
export function bgNbdLogLikelihood({ r, alpha, a, b }: BgNbdParameters, histories: readonly CountedHistory[]): number {
  const byRepeats = gammaTerms(
    { r, alpha, a, b },
    histories.reduce((most, { x }) => max(most, x), 0),
  );
  let sum = 0;
  for (const { x, tx, T, customers } of histories) {
    const a3 = -(r + x) * log(alpha + T);
    let either = a3;
    if (x > 0) {
      const a4 = log(a / (b + x - 1)) - (r + x) * log(alpha + tx);
      either = max(a3, a4) + log1p(exp(-abs(a3 - a4)));
    }
    sum += customers * (byRepeats[x]! + either);
  }
  return sum;
}

/** A1 + A2 for 0, 1, … `most` repeats. */
function gammaTerms({ r, alpha, a, b }: BgNbdParameters, most: number): Float64Array {
  const terms = new Float64Array(most + 1);
  terms[0] = r * log(alpha);
  for (let x = 1; x <= most; x++) terms[x] = terms[x - 1]! + log(((r + x - 1) * (b + x - 1)) / (a + b + x - 1));
  return terms;
}

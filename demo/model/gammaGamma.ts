import type { SpendHistory } from './history';
import { lnGamma } from './lnGamma';

const { log } = Math;

/**
 * The Gamma-Gamma model of spend (Hardie & Fader's note 025): a customer's purchases are Gamma(p, ν), and ν is
 * Gamma(q, v) over customers. v is written γ in the note.
 */
export interface GammaGammaParameters {
  p: number;
  q: number;
  v: number;
}

/** E[M | x, z̄], the expected mean spend of a purchase: note 025, equation 5. Without repeats it is the mean of the population. */
export function expectedSpend({ p, q, v }: GammaGammaParameters, { x, meanSpend }: SpendHistory): number {
  const ownWeight = (p * x) / (p * x + q - 1);
  return (1 - ownWeight) * ((v * p) / (q - 1)) + ownWeight * meanSpend;
}

/** Note 025, equation 1a, summed over customers. Defined for customers with repeats and spend only. */
export function gammaGammaLogLikelihood({ p, q, v }: GammaGammaParameters, histories: readonly SpendHistory[]): number {
  const lnGammaQ = lnGamma(q);
  const byRepeats: number[] = [];
  let sum = 0;
  for (const { x, meanSpend } of histories) {
    byRepeats[x] ??= lnGamma(p * x + q) - lnGamma(p * x) - lnGammaQ + q * log(v) + p * x * log(x);
    sum += byRepeats[x] + (p * x - 1) * log(meanSpend) - (p * x + q) * log(x * meanSpend + v);
  }
  return sum;
}

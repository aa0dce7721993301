import { type BgNbdParameters, type CountedHistory, bgNbdLogLikelihood } from './bgNbd';
import { type GammaGammaParameters, gammaGammaLogLikelihood } from './gammaGamma';
import type { PurchaseHistory, SpendHistory } from './history';
import { minimise } from './nelderMead';

/** The maximum-likelihood parameters, fitted as logarithms so that they stay positive. */
export function fitBgNbd(histories: readonly PurchaseHistory[]): BgNbdParameters {
  const counted = countEqual(histories);
  const parameters = ([r, alpha, a, b]: readonly number[]): BgNbdParameters => ({
    r: Math.exp(r!),
    alpha: Math.exp(alpha!),
    a: Math.exp(a!),
    b: Math.exp(b!),
  });
  return parameters(minimise((point) => -bgNbdLogLikelihood(parameters(point), counted), [0, 0, 0, 0]));
}

/**
 * The maximum-likelihood parameters. Customers without repeats or with free items only are left out: they have no spend.
 *
 * @throws Error when no customer remains
 */
export function fitGammaGamma(histories: readonly SpendHistory[]): GammaGammaParameters {
  const spenders = histories.filter(({ x, meanSpend }) => x > 0 && meanSpend > 0);
  if (spenders.length === 0) throw new Error('No customer has bought twice, so there is no spend to fit.');
  const parameters = ([p, q, v]: readonly number[]): GammaGammaParameters => ({
    p: Math.exp(p!),
    q: Math.exp(q!),
    v: Math.exp(v!),
  });
  return parameters(minimise((point) => -gammaGammaLogLikelihood(parameters(point), spenders), [1, 1, 1]));
}

/** Many customers share a history, such as one purchase on the same day; each history is computed once. */
function countEqual(histories: readonly PurchaseHistory[]): CountedHistory[] {
  const counted = new Map<string, CountedHistory>();
  for (const { x, tx, T } of histories) {
    const key = `${x} ${tx} ${T}`;
    const same = counted.get(key);
    if (same === undefined) counted.set(key, { x, tx, T, customers: 1 });
    else same.customers++;
  }
  return [...counted.values()];
}

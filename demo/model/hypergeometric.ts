const { abs } = Math;

const RELATIVE_PRECISION = 1e-16;
const MOST_TERMS = 100_000;

/**
 * Gauss's ₂F₁(a, b; c; z) for 0 ≤ z < 1 by its power series, Σ (a)ₙ(b)ₙ/(c)ₙ · zⁿ/n!.
 *
 * @throws Error when it does not converge
 */
export function hypergeometric(a: number, b: number, c: number, z: number): number {
  let term = 1;
  let sum = 1;
  for (let n = 0; n < MOST_TERMS; n++) {
    term *= ((a + n) * (b + n) * z) / ((c + n) * (n + 1));
    sum += term;
    if (abs(term) <= RELATIVE_PRECISION * abs(sum)) return sum;
  }
  throw new Error(`The series of 2F1 did not converge at z = ${z}.`);
}

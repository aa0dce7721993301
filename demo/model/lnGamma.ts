const { log } = Math;

const HALF_LN_2_PI = 0.9189385332046728;
/** From this value on, the series below has the precision of a double. */
const LARGE = 15;

/** ln Γ(z) for z > 0: Stirling's series (Abramowitz & Stegun 6.1.41), applied after Γ(z) = Γ(z+n) / (z (z+1) … (z+n−1)). */
export function lnGamma(z: number): number {
  let below = 1;
  let large = z;
  while (large < LARGE) below *= large++;
  const inverse = 1 / large;
  const square = inverse * inverse;
  const series =
    inverse *
    (1 / 12 -
      square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square * (1 / 1188 - square * (691 / 360360))))));
  return (large - 0.5) * log(large) - large + HALF_LN_2_PI + series - log(below);
}

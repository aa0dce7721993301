interface Vertex {
  point: number[];
  value: number;
}

const MOST_STEPS = 2_000;
const PRECISION = 1e-10;
const FIRST_STEP = 0.3;

/**
 * The point where `f` is least, by the simplex method of Nelder & Mead (Computer Journal 7, 1965; coefficients 1, 2, ½, ½).
 * It needs no derivatives and suits three or four parameters.
 */
export function minimise(f: (point: readonly number[]) => number, start: readonly number[]): number[] {
  const at = (point: number[]): Vertex => ({ point, value: f(point) });
  const simplex = [at([...start])];
  for (let axis = 0; axis < start.length; axis++) {
    simplex.push(at(start.map((coordinate, index) => (index === axis ? coordinate + FIRST_STEP : coordinate))));
  }

  for (let step = 0; step < MOST_STEPS; step++) {
    simplex.sort((one, other) => one.value - other.value);
    const best = simplex[0]!;
    const worst = simplex[start.length]!;
    if (isSmall(best, worst)) break;

    const centre = start.map((_, axis) => {
      let sum = 0;
      for (const vertex of simplex) if (vertex !== worst) sum += vertex.point[axis]!;
      return sum / start.length;
    });
    const along = (distance: number): Vertex =>
      at(centre.map((coordinate, axis) => coordinate + distance * (coordinate - worst.point[axis]!)));

    const reflected = along(1);
    if (reflected.value < best.value) {
      const expanded = along(2);
      simplex[start.length] = expanded.value < reflected.value ? expanded : reflected;
    } else if (reflected.value < simplex[start.length - 1]!.value) {
      simplex[start.length] = reflected;
    } else {
      const contracted = reflected.value < worst.value ? along(0.5) : along(-0.5);
      if (contracted.value < Math.min(reflected.value, worst.value)) {
        simplex[start.length] = contracted;
      } else {
        for (let index = 1; index <= start.length; index++) {
          const { point } = simplex[index]!;
          simplex[index] = at(point.map((coordinate, axis) => (coordinate + best.point[axis]!) / 2));
        }
      }
    }
  }
  return simplex.sort((one, other) => one.value - other.value)[0]!.point;
}

/** Compares both values and points: values agree early on a flat ridge, points on a steep one. */
function isSmall(best: Vertex, worst: Vertex): boolean {
  const extent = Math.max(...best.point.map((coordinate, axis) => Math.abs(coordinate - worst.point[axis]!)));
  return extent < 1e-6 && Math.abs(worst.value - best.value) <= PRECISION * (1 + Math.abs(best.value));
}

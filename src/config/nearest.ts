import { closest, distance } from 'fastest-levenshtein';

/** The candidate a typing error was probably meant to be, for "Did you mean …?"; `undefined` when none is near. */
export function nearest(text: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0) return undefined;
  const plain = simplify(text);
  if (plain === '') return undefined;
  const byPlain = new Map(candidates.map((candidate) => [simplify(candidate), candidate]));
  const plains = [...byPlain.keys()];
  const best = closest(plain, plains);
  if (distance(plain, best) <= toleratedDistance(plain.length)) return byPlain.get(best);
  const longer = plains.filter((candidate) => plain.length >= 2 && candidate.startsWith(plain));
  return longer.length === 1 ? byPlain.get(longer[0]!) : undefined;
}

/** Two swapped letters are already a distance of two; in a short word that may be another word. */
function toleratedDistance(length: number): number {
  return length < 4 ? Math.floor(length / 3) : Math.max(2, Math.floor(length / 3));
}

/** As a sentence for a problem; `undefined` when nothing is near. */
export function didYouMean(value: unknown, candidates: readonly string[]): string | undefined {
  const near = typeof value === 'string' ? nearest(value, candidates) : undefined;
  return near === undefined ? undefined : `Did you mean ${near}?`;
}

/** `customer_id` and `customerId` are one name in two spellings. */
function simplify(text: string): string {
  return text.toLowerCase().replace(/[\s_-]/g, '');
}

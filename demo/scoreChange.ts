import { Random } from './random';
import type { Score } from './scores';
import type { ScoreRow } from './tenant';

/** How a model run changes the scores of the previous run. Shares are greater than 0 and at most 1. */
export type ScoreChange =
  /** The scores of the next week, for every customer. */
  | { by: 'week' }
  /** The churn probability of some customers moves; all other scores stay. */
  | { by: 'drift'; share: number }
  /** Some customers lose all predicted values, as after a broken join; all other scores stay. */
  | { by: 'nulls'; share: number }
  /** Every churn probability is NaN; all other scores stay. */
  | { by: 'break' };

/** Wider than any band of the demo's config, so every such customer changes band. */
export const DRIFT = 0.5;

/** The rows of a model run, and the number of customers for whom the change was made. */
interface ChangedScores {
  rows: ScoreRow[];
  customers: number;
}

/** Applies the change to these scores. The same scores and the same seed give the same rows. */
export function changeScores(scores: readonly Score[], change: ScoreChange, seed: number): ChangedScores {
  switch (change.by) {
    case 'week':
      return { rows: [...scores], customers: scores.length };
    case 'drift':
      return changeSome(scores, change.share, seed, drifted);
    case 'nulls':
      return changeSome(scores, change.share, seed, withoutValues);
    case 'break':
      return { rows: scores.map((score) => ({ ...score, churn_probability: NaN })), customers: scores.length };
  }
}

function changeSome(
  scores: readonly Score[],
  share: number,
  seed: number,
  change: (score: Score) => ScoreRow,
): ChangedScores {
  const chosen = chooseSome(scores.length, Math.max(1, Math.round(share * scores.length)), seed);
  return { rows: scores.map((score, index) => (chosen.has(index) ? change(score) : score)), customers: chosen.size };
}

/** Chooses `wanted` of the numbers 0 to `from` - 1 at random. */
function chooseSome(from: number, wanted: number, seed: number): Set<number> {
  const random = new Random(seed);
  const chosen = new Set<number>();
  while (chosen.size < Math.min(wanted, from)) chosen.add(Math.floor(random.uniform() * from));
  return chosen;
}

/** Upwards from the lower half and downwards from the upper half, so it stays a probability. */
function drifted(score: Score): Score {
  const { churn_probability: probability } = score;
  return { ...score, churn_probability: probability < DRIFT ? probability + DRIFT : probability - DRIFT };
}

function withoutValues(score: Score): ScoreRow {
  return {
    ...score,
    churn_probability: null,
    predicted_value: null,
    next_best_product: null,
    expected_purchases: null,
  };
}

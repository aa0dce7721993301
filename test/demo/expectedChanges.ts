import { type Score, scoreWeek } from '../../demo/scores';
import type { TwoWeeks } from '../../demo/weeks';

/** What the second week should send, computed from the model's scores alone, without a database or the product's code. */
export function expectedChanges({ transactions, modelRunDays }: TwoWeeks): { customers: number; values: number } {
  const [first, second] = modelRunDays.map((day) => scoreWeek(transactions, day));
  const before = new Map(first!.map((score) => [score.customer_id, score]));
  let customers = 0;
  let values = 0;
  for (const score of second!) {
    const changed = changedValues(before.get(score.customer_id)!, score);
    if (changed === 0) continue;
    customers += 1;
    // The time of the scores is sent too.
    values += changed + 1;
  }
  return { customers, values };
}

function changedValues(before: Score, now: Score): number {
  const probability = Math.abs(hundredths(now) - hundredths(before)) >= 5;
  const value = Math.abs(wholeValue(now) - wholeValue(before)) >= 5;
  const band = bandOf(now.churn_probability, bandOf(before.churn_probability)) !== bandOf(before.churn_probability);
  const product = now.next_best_product !== before.next_best_product;
  return [probability, value, band, product].filter(Boolean).length;
}

const BANDS = { low: [-Infinity, 0.5], medium: [0.5, 0.8], high: [0.8, Infinity] } as const;

/** A customer leaves a band only by 0.03 or more. */
function bandOf(probability: number, current?: keyof typeof BANDS): keyof typeof BANDS {
  if (current !== undefined) {
    const [from, below] = BANDS[current];
    if (probability >= from - 0.03 && probability < below + 0.03) return current;
  }
  return probability >= 0.8 ? 'high' : probability >= 0.5 ? 'medium' : 'low';
}

function hundredths({ churn_probability }: Score): number {
  return Math.round(churn_probability * 100);
}

/** The source table has cents and Braze gets whole numbers, so the value is rounded twice. */
function wholeValue({ predicted_value }: Score): number {
  return Math.round(Number(predicted_value.toFixed(2)));
}

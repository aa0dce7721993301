import type { AttributeRule } from '../../types/settings';
import { ownValue, type AttributeValue, type ValueSet } from '../../types/values';

/** What one attribute looks like over the customers that were compared, once everything has been sent. */
export interface ValueDistribution {
  name: string;
  /** Customers with a value, and without. */
  withValue: number;
  without: number;
  /** Bands in the order of the mapping, other texts and booleans the most frequent first; empty where there are too many. */
  values: { value: string; customers: number }[];
  /** How many different texts; more than the cap counts as the cap. */
  distinct: number;
  /** Bands: customers who go up and down. */
  moves: { up: number; down: number } | null;
  /** Numbers. `lastMean`: of what Braze has of the same customers. */
  range: { min: number; max: number; mean: number; lastMean: number | null } | null;
  /** Dates: ISO 8601. */
  dates: { oldest: string; newest: string } | null;
}

/** Different texts that are counted one by one; whatever comes later is one of the others. */
const TRACKED = 1_000;

/** With more it is no set of labels, and may name customers. */
const LABELS = 20;

/** Sums up one attribute; its memory does not grow with the customers. */
class AttributeDistribution {
  readonly #rule: AttributeRule;
  readonly #isDate: boolean;
  readonly #bandOf: ReadonlyMap<AttributeValue, number>;
  readonly #counts = new Map<string, number>();
  #without = 0;
  #withValue = 0;
  #moves = { up: 0, down: 0 };
  #numbers = { count: 0, sum: 0, min: Infinity, max: -Infinity };
  #last = { count: 0, sum: 0 };
  #dates: { oldest: string; newest: string } | null = null;

  constructor(rule: AttributeRule, isDate: boolean) {
    this.#rule = rule;
    this.#isDate = isDate;
    this.#bandOf = new Map((rule.bands ?? []).map(({ name }, index) => [name, index]));
  }

  add(value: AttributeValue | undefined, before: AttributeValue | undefined): void {
    if (typeof before === 'number') {
      this.#last.count += 1;
      this.#last.sum += before;
    }
    if (value === undefined || value === null) {
      this.#without += 1;
      return;
    }
    this.#withValue += 1;
    if (typeof value === 'number') this.#number(value);
    else if (this.#isDate && typeof value === 'string') this.#date(value);
    else this.#label(String(value));
    const [to, from] = [this.#bandOf.get(value), before === undefined ? undefined : this.#bandOf.get(before)];
    if (to === undefined || from === undefined || to === from) return;
    if (to > from) this.#moves.up += 1;
    else this.#moves.down += 1;
  }

  summary(): ValueDistribution {
    const { count, sum, min, max } = this.#numbers;
    const { bands } = this.#rule;
    return {
      name: this.#rule.name,
      withValue: this.#withValue,
      without: this.#without,
      values: this.#values(),
      distinct: this.#counts.size,
      moves: bands === undefined ? null : this.#moves,
      range:
        count === 0
          ? null
          : {
              min,
              max,
              mean: sum / count,
              lastMean: this.#last.count === 0 ? null : this.#last.sum / this.#last.count,
            },
      dates: this.#dates,
    };
  }

  #values(): ValueDistribution['values'] {
    const { bands } = this.#rule;
    if (bands !== undefined) {
      return bands.map(({ name }) => ({ value: name, customers: this.#counts.get(name) ?? 0 }));
    }
    if (this.#counts.size > LABELS) return [];
    return [...this.#counts]
      .map(([value, customers]) => ({ value, customers }))
      .toSorted((a, b) => b.customers - a.customers || (a.value < b.value ? -1 : 1));
  }

  #number(value: number): void {
    const numbers = this.#numbers;
    numbers.count += 1;
    numbers.sum += value;
    if (value < numbers.min) numbers.min = value;
    if (value > numbers.max) numbers.max = value;
  }

  /** ISO 8601 in UTC sorts as text. */
  #date(value: string): void {
    const { oldest = value, newest = value } = this.#dates ?? {};
    this.#dates = { oldest: value < oldest ? value : oldest, newest: value > newest ? value : newest };
  }

  #label(value: string): void {
    const count = this.#counts.get(value);
    if (count !== undefined || this.#counts.size < TRACKED) this.#counts.set(value, (count ?? 0) + 1);
  }
}

/** All attributes of a mapping. */
export class Distributions {
  readonly #attributes: readonly AttributeDistribution[];
  readonly #names: readonly string[];

  constructor(rules: readonly AttributeRule[], isDate: (rule: AttributeRule) => boolean) {
    this.#attributes = rules.map((rule) => new AttributeDistribution(rule, isDate(rule)));
    this.#names = rules.map(({ name }) => name);
  }

  /** @param values what Braze has of the customer once everything was sent */
  add(values: ValueSet, acknowledged: ValueSet | undefined): void {
    for (const [index, name] of this.#names.entries()) {
      this.#attributes[index]!.add(ownValue(values, name), ownValue(acknowledged, name));
    }
  }

  summaries(): ValueDistribution[] {
    return this.#attributes.map((attribute) => attribute.summary());
  }
}

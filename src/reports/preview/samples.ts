import { ownValue, type AttributeValue, type ValueSet } from '../../types/values';

/** A customer who would be sent; shown only on request. */
export interface Sample {
  customerId: string;
  /** `from` is absent where Braze never had a value; a `to` of null removes it. */
  changes: { attribute: string; from?: AttributeValue; to: AttributeValue }[];
}

/** Picks so many of the customers that pass by, each with the same chance, and keeps no others. */
export class Samples {
  readonly #size: number;
  readonly #picked: Sample[] = [];
  #passed = 0;

  constructor(size: number) {
    this.#size = size;
  }

  add(customerId: string, changes: ValueSet, acknowledged: ValueSet | undefined): void {
    this.#passed += 1;
    const place = this.#picked.length < this.#size ? this.#picked.length : Math.floor(Math.random() * this.#passed);
    if (place < this.#size) this.#picked[place] = sampleOf(customerId, changes, acknowledged);
  }

  /** By customer id, so that two looks can be compared. */
  picked(): Sample[] {
    return this.#picked.toSorted((a, b) => (a.customerId < b.customerId ? -1 : 1));
  }
}

function sampleOf(customerId: string, changes: ValueSet, acknowledged: ValueSet | undefined): Sample {
  return {
    customerId,
    changes: Object.entries(changes).map(([attribute, to]) => {
      const from = ownValue(acknowledged, attribute);
      return { attribute, ...(from !== undefined && { from }), to };
    }),
  };
}

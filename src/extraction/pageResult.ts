import type { CustomerDiff } from '../attributes/diff';
import { renderObject } from '../braze/object';
import type { OutboxRow, PageCounts } from '../ledger/outbox';
import { hashValue, MAX_TRIES, type OpenRejection, type NewRejection } from '../ledger/rejections';
import type { ExtractionFigures } from '../ledger/runs';
import type { ComparedPage, Comparison } from './comparison';
import { countRow, noFigures } from './figures';
import { isResolved, type CustomerOutcome } from './isResolved';

/** Why a customer is staged: Braze has nothing of them yet, a value changed, or unchanged values are sent again because of age. */
export type StagedAs = 'first' | 'change' | 'refresh';

/** A page must not fill the ledger with rows that say nothing but "no id". */
export const UNNAMED_REJECTIONS_KEPT = 1_000;

/** Collects the result of a page, customer by customer, until {@link close}. One per page, in memory only. */
export class PageResult implements ComparedPage {
  readonly rows: OutboxRow[] = [];
  readonly unchanged: string[] = [];
  readonly rejections: NewRejection[] = [];
  readonly resolvedRejections: { customerId: string; attribute: string | null }[] = [];
  readonly counts: PageCounts;
  readonly figures: ExtractionFigures;
  // No prototype: an attribute may be called `constructor`.
  readonly changes = Object.create(null) as Record<string, number>;
  readonly #comparison: Comparison;
  readonly #isRefresh: boolean;
  /** Attributes of which a value is sent, rather than removals alone. */
  readonly #valued = new Set<string>();

  /**
   * @param candidates rows of the page that count as candidates
   * @param pass `refresh`: the page's customers are here because of the age of their values
   */
  constructor(comparison: Comparison, candidates: number, pass: 'compare' | 'refresh' = 'compare') {
    this.#comparison = comparison;
    this.#isRefresh = pass === 'refresh';
    this.counts = { candidates, changed: 0, plannedValues: 0, rejected: 0, newlyRejected: 0 };
    this.figures = noFigures(comparison.attributes.length);
  }

  /** Counts a customer's row for the guards; `values` in the order of the mapping. */
  countRow(values: readonly (string | null)[]): void {
    countRow(this.figures, this.#comparison.attributes, values);
  }

  /**
   * Stages what differs, unless Braze has refused this same object MAX_TRIES times.
   *
   * @param open the customer's open rejections
   * @returns whether there is something to send, staged or not
   */
  stage(customerId: string, diff: CustomerDiff, open: readonly OpenRejection[], as: StagedAs): boolean {
    const { settings, tryExhausted, partial, attributes } = this.#comparison;
    const { identifier, updateExistingOnly } = settings;
    const body = renderObject({ identifier, customerId, updateExistingOnly, values: diff.changes });
    if (body === '') {
      this.unchanged.push(customerId);
      return false;
    }
    if (!tryExhausted && open.length > 0 && isExhausted(open, body)) {
      this.unchanged.push(customerId);
      return true;
    }
    const valueCount = this.#countValues(diff, as);
    const previouslySent = as === 'change';
    // One literal: this is the hot path of an extraction.
    this.rows.push({
      customer: customerId,
      body,
      newValues: JSON.stringify(diff.newValues),
      valueCount,
      previouslySent,
      clears: previouslySent && diff.cleared > 0,
      refresh: as === 'refresh',
      whole: (valueCount === attributes.length && !partial) || this.#isWhole(diff),
    });
    this.counts.changed += 1;
    this.counts.plannedValues += valueCount;
    return true;
  }

  /**
   * Records a rejection, unless the same value was refused MAX_TRIES times: then it stays open and is not retried.
   *
   * @param open the customer's open rejections
   */
  reject(open: readonly OpenRejection[], rejection: NewRejection): void {
    const before = open.find(({ attribute }) => attribute === rejection.attribute);
    const same = before !== undefined && before.valueHash === rejection.valueHash;
    if (same && before.tries >= MAX_TRIES && !this.#comparison.tryExhausted) return;
    this.rejections.push(rejection);
    this.counts.rejected += 1;
    if (!same) this.counts.newlyRejected += 1;
  }

  /** Rejects rows without an id. They cannot be distinguished, so as many as were open `before` count as tried again. */
  rejectUnnamed(count: number, before: number): void {
    this.counts.rejected += count;
    this.counts.newlyRejected += Math.max(0, count - before);
    for (let index = 0; index < Math.min(count, UNNAMED_REJECTIONS_KEPT); index += 1) {
      this.rejections.push({
        customerId: null,
        attribute: null,
        reason: 'no-customer-id',
        message: 'The row has no customer id, so there is no profile to send it to.',
        valueHash: '',
      });
    }
  }

  /** Closes those of the customer's open rejections whose cause no longer exists. */
  resolve(customerId: string, open: readonly OpenRejection[], outcome: CustomerOutcome): void {
    for (const rejection of open) {
      if (!isResolved(rejection, outcome, this.#comparison)) continue;
      this.resolvedRejections.push({ customerId, attribute: rejection.attribute });
    }
  }

  /** Closes all open rejections of a customer of whom nothing can be retried. */
  resolveAll(customerId: string, open: readonly OpenRejection[]): void {
    for (const { attribute } of open) this.resolvedRejections.push({ customerId, attribute });
  }

  /** Completes the figures, once all customers of the page have been compared. */
  close(): ComparedPage {
    this.figures.valued = this.#comparison.attributes.map(({ name }) => this.#valued.has(name));
    return this;
  }

  /** Counts the values of an object by attribute, and returns how many there are. */
  #countValues({ changes }: CustomerDiff, as: StagedAs): number {
    let count = 0;
    for (const name in changes) {
      count += 1;
      if (as !== 'refresh') this.changes[name] = (this.changes[name] ?? 0) + 1;
      if (changes[name] !== null) this.#valued.add(name);
    }
    return count;
  }

  /** Whether the object has every value of the mapping that Braze holds: none of an earlier acknowledgement remains. */
  #isWhole({ changes, newValues, refused }: CustomerDiff): boolean {
    const { attributes, partial } = this.#comparison;
    if (partial) return false;
    return attributes.every(
      ({ name }) =>
        Object.hasOwn(changes, name) ||
        !Object.hasOwn(newValues, name) ||
        newValues[name] === null ||
        // Otherwise a value that cannot be sent would keep the customer due for refresh in every run.
        (this.#isRefresh && refused.some(({ attribute }) => attribute === name)),
    );
  }
}

/** Whether Braze has refused this same object as often as it is tried. */
function isExhausted(open: readonly OpenRejection[], body: string): boolean {
  const refused = open.find(({ attribute }) => attribute === null);
  return refused !== undefined && refused.tries >= MAX_TRIES && refused.valueHash === hashValue(body);
}

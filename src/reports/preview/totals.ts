import { Packer } from '../../braze/packing';
import type { ComparedPage } from '../../extraction/comparison';
import { attributeFigures, noFigures, sumOf } from '../../extraction/figures';
import type { StorePage } from '../../extraction/pages';
import type { GuardFigures } from '../../guards/guard';
import type { RejectionReason } from '../../types/rejection';
import type { SyncSettings } from '../../types/settings';

/** What a run would send, keep and refuse. */
export interface Figures {
  candidates: number;
  wouldSend: { customers: number; values: number; requests: number };
  /** Of those that would be sent: nothing changed, their values are older than `refreshAfter`. */
  refreshed: number;
  unchanged: { customers: number; values: number };
  rejected: { customers: number; values: number; reasons: { reason: RejectionReason; count: number }[] };
  /** How many customers each attribute would be sent for, in the order of the mapping. */
  changes: { name: string; change: number }[];
}

/** Adds up the pages of an extraction that stages nothing. What it counts, and into how many requests, is what a run would. */
export class PreviewTotals {
  readonly #settings: SyncSettings;
  readonly #packer = new Packer();
  readonly #reasons = new Map<RejectionReason, number>();
  readonly #changes: Map<string, number>;
  #figures;
  #seq = 0;
  #requests = 0;
  #refreshed = 0;
  #candidates = 0;
  #unchanged = { customers: 0, values: 0 };
  #rejected = { customers: 0, values: 0 };
  #counts = { changed: 0, values: 0, knownChanged: 0, knownCleared: 0, newRejections: 0 };

  constructor(settings: SyncSettings) {
    this.#settings = settings;
    this.#figures = noFigures(settings.attributes.length);
    this.#changes = new Map(settings.attributes.map(({ name }) => [name, 0]));
  }

  add(page: StorePage, { rows, rejections, counts, changes, figures }: ComparedPage): void {
    this.#figures = sumOf(this.#figures, figures);
    for (const { body, previouslySent: known, clears, refresh } of rows) {
      this.#pack(body);
      if (refresh) this.#refreshed += 1;
      if (known) this.#counts.knownChanged += 1;
      if (clears) this.#counts.knownCleared += 1;
    }
    for (const [name, change] of Object.entries(changes)) {
      this.#changes.set(name, (this.#changes.get(name) ?? 0) + change);
    }
    const attributes = this.#settings.attributes.length;
    const refused = rejections.filter(({ customerId }) => customerId !== null);
    const staged = new Set(rows.map(({ customer }) => customer));
    const refusedOnly = new Set(refused.map(({ customerId }) => customerId).filter((id) => !staged.has(id!)));
    const refusedValues =
      (refused.filter(({ attribute }) => attribute === null).length + page.withoutId) * attributes +
      refused.filter(({ attribute }) => attribute !== null).length;

    for (const { reason } of refused) this.#count(reason, 1);
    if (page.withoutId > 0) this.#count('no-customer-id', page.withoutId);
    const refusedRows = refusedOnly.size + page.withoutId;
    this.#rejected.customers += refusedRows;
    this.#rejected.values += refusedValues;
    // Removed customers have no row in the source table: what is sent for them is not part of the rows.
    this.#unchanged.customers += Math.max(0, counts.candidates - counts.changed - refusedRows);
    this.#unchanged.values += Math.max(0, counts.candidates * attributes - counts.plannedValues - refusedValues);
    this.#candidates += counts.candidates;
    this.#counts.changed += counts.changed;
    this.#counts.values += counts.plannedValues;
    this.#counts.newRejections += counts.newlyRejected;
  }

  /** After the last page. */
  figures(): Figures {
    this.#endRequest();
    return {
      candidates: this.#candidates,
      wouldSend: { customers: this.#counts.changed, values: this.#counts.values, requests: this.#requests },
      refreshed: this.#refreshed,
      unchanged: this.#unchanged,
      rejected: {
        ...this.#rejected,
        reasons: [...this.#reasons]
          .map(([reason, count]) => ({ reason, count }))
          .toSorted((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1)),
      },
      changes: [...this.#changes].map(([name, change]) => ({ name, change })),
    };
  }

  guardFigures(knownCustomers: number, modelRunRows: number | null): GuardFigures {
    const { changed, values, knownChanged, knownCleared, newRejections } = this.#counts;
    return {
      knownCustomers,
      changedKnown: knownChanged,
      clearedKnown: knownCleared,
      changed,
      newRejections,
      values,
      newCustomers: changed - knownChanged - this.#refreshed,
      candidates: this.#candidates,
      modelRunRows,
      compared: this.#figures.compared,
      attributes: attributeFigures(this.#settings, this.#figures),
    };
  }

  #count(reason: RejectionReason, by: number): void {
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + by);
  }

  /** As delivery does it: a request never reaches over the end of a chunk. */
  #pack(body: string): void {
    this.#seq += 1;
    if (this.#packer.push({ seq: this.#seq, body }) !== null) this.#requests += 1;
    if (this.#seq % this.#settings.delivery.chunkCustomers === 0) this.#endRequest();
  }

  #endRequest(): void {
    if (this.#packer.end() !== null) this.#requests += 1;
  }
}

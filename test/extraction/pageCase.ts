import { compareForRefresh } from '../../src/extraction/compareForRefresh';
import { comparePage } from '../../src/extraction/comparePage';
import { type ComparedPage, type Comparison, comparisonOf, type Observer } from '../../src/extraction/comparison';
import type { LedgerView } from '../../src/extraction/ledgerView';
import type { OutboxRow, PageCounts } from '../../src/ledger/outbox';
import type { OpenRejection } from '../../src/ledger/rejections';
import type { Identifier } from '../../src/types/settings';
import type { ValueSet } from '../../src/types/values';
import { rule } from '../attributes/rules';
import { syncSettings } from '../planning/settings';

/** One row: customer id, score, product. */
export type Row = [customerId: string, score: string | null, product: string | null];

/** A page, what the ledger holds of its customers, and the policy. What a test leaves out is empty or off. */
export interface PageCase {
  rows?: Row[];
  missing?: string[];
  withoutId?: number;
  acknowledged?: Record<string, ValueSet>;
  uncertain?: Record<string, string[]>;
  open?: Record<string, OpenRejection[]>;
  suppressed?: string[];
  /** Open rejections of rows without an id. */
  unnamed?: number;
  identifier?: Identifier;
  policy?: Partial<Pick<Comparison, 'resend' | 'tryExhausted' | 'clearDeparted' | 'partial' | 'clear'>>;
  /** `refresh` as a run does it, `refresh in a preview` without an outbox. */
  pass?: 'compare' | 'refresh' | 'refresh in a preview';
}

const RULES = [
  rule({ name: 'score', column: 'score', type: 'number', decimals: 1, range: { min: '0', max: '1' } }),
  rule({ name: 'product', column: 'product', type: 'string' }),
];
const TYPES = { score: 'numeric', product: 'text' };

export function comparisonFor({ policy, identifier = { kind: 'external_id' } }: PageCase): Comparison {
  const comparison = comparisonOf({
    mode: 'changes',
    request: { modelRun: 'next', since: null, until: null, selection: null, resend: false },
    wholeStore: false,
    // A run that clears an attribute has none in its mapping.
    settings: syncSettings({ identifier, attributes: policy?.clear == null ? RULES : [] }),
    types: TYPES,
  });
  return { ...comparison, ...policy };
}

export function viewOf({ acknowledged = {}, uncertain = {}, open = {}, ...about }: PageCase): LedgerView {
  return {
    acknowledged: new Map(Object.entries(acknowledged)),
    uncertain: new Map(Object.entries(uncertain).map(([customerId, names]) => [customerId, new Set(names)])),
    openRejections: new Map(Object.entries(open)),
    suppressed: new Set(about.suppressed),
    unnamed: about.unnamed ?? 0,
  };
}

export function compare(given: PageCase, observe?: Observer): ComparedPage {
  const page = {
    rows: (given.rows ?? []).map(([customerId, ...values]) => ({ customerId, updatedAt: null, values })),
    missing: given.missing ?? [],
    withoutId: given.withoutId ?? 0,
  };
  const comparison = comparisonFor(given);
  switch (given.pass) {
    case 'refresh':
      return compareForRefresh(comparison, page, viewOf(given));
    case 'refresh in a preview':
      return compareForRefresh(comparison, page, viewOf(given), 'skip');
    default:
      return comparePage(comparison, page, viewOf(given), observe);
  }
}

/** The values that a staged row carries. */
export function sentValues({ body }: OutboxRow): ValueSet {
  const { external_id: _, email: __, _update_existing_only: ___, ...values } = JSON.parse(body) as ValueSet;
  return values;
}

/** What a page came to, in the words of a table. */
export interface Expected {
  /** By customer; `as`: the row's marks that are set. */
  staged: Record<string, { sent: ValueSet; then: ValueSet; as: string }>;
  unchanged: string[];
  /** `customer attribute reason`. */
  rejected: string[];
  /** `customer attribute`. */
  resolved: string[];
  counts: Partial<PageCounts>;
}

const NO_COUNTS: PageCounts = { candidates: 0, changed: 0, plannedValues: 0, rejected: 0, newlyRejected: 0 };

/** An expectation with all that it leaves out: nothing, and counts of 0. */
export function expected(about: Partial<Expected>): Expected {
  const { staged = {}, unchanged = [], rejected = [], resolved = [], counts = {} } = about;
  return { staged, unchanged, rejected, resolved, counts: { ...NO_COUNTS, ...counts } };
}

export function summary(page: ComparedPage): Expected {
  return {
    staged: Object.fromEntries(
      page.rows.map((row) => [
        row.customer,
        {
          sent: sentValues(row),
          then: JSON.parse(row.newValues) as ValueSet,
          as: (['previouslySent', 'clears', 'refresh', 'whole'] as const).filter((mark) => row[mark]).join(' '),
        },
      ]),
    ),
    unchanged: page.unchanged,
    rejected: page.rejections.map(
      ({ customerId, attribute, reason }) => `${customerId ?? '–'} ${attribute ?? 'all'} ${reason}`,
    ),
    resolved: page.resolvedRejections.map(({ customerId, attribute }) => `${customerId} ${attribute ?? 'all'}`),
    counts: page.counts,
  };
}

/** What Braze holds of customer c1. */
export const HELD = { score: 0.5, product: 'one' };
export const held = { acknowledged: { c1: HELD } };

/** A row of c1 as Braze holds it, and one with another product. */
export const SAME: Row = ['c1', '0.52', 'one'];
export const OTHER: Row = ['c1', '0.52', 'two'];

/** What comes of {@link OTHER} and of {@link SAME} when Braze holds {@link HELD}. */
export const SENT_OTHER = {
  c1: { sent: { product: 'two' }, then: { score: 0.5, product: 'two' }, as: 'previouslySent' },
};
export const COUNTS_OTHER = { candidates: 1, changed: 1, plannedValues: 1 };
export const SENT_NOTHING = { unchanged: ['c1'], counts: { candidates: 1 } };

/** One open rejection of c1. */
export function open(attribute: string | null, valueHash: string, tries = 1): Record<string, OpenRejection[]> {
  return { c1: [{ attribute, valueHash, tries, run: 1 }] };
}

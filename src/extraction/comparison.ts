import { columnType } from '../attributes/columnType';
import { compileAttributes, type ResolvedAttribute } from '../attributes/compile';
import type { CustomerDiff } from '../attributes/diff';
import type { OutboxRow, PageCounts } from '../ledger/outbox';
import type { NewRejection } from '../ledger/rejections';
import type { ExtractionFigures } from '../ledger/runs';
import { isPartial } from '../planning/backfillScope';
import type { PreparedRecord } from '../planning/preparedRun';
import type { TenantRow } from '../tenant/store';
import type { SyncSettings } from '../types/settings';
import type { ValueSet } from '../types/values';

/** What decides which rows of a run are sent; the same for all its pages. */
export interface Comparison {
  settings: SyncSettings;
  attributes: readonly ResolvedAttribute[];
  /** Unchanged values are sent too. */
  resend: boolean;
  /** Retries what was refused MAX_TRIES times: the operator or a new mapping requested it. */
  tryExhausted: boolean;
  /** Customers missing from the source table are cleared at Braze. */
  clearDeparted: boolean;
  /** The run compares some attributes only: it says nothing about a customer's other attributes. */
  partial: boolean;
  /** The attribute to remove from the customers of the page; null: none. */
  clear: string | null;
}

/**
 * The comparison that a prepared run needs, its mapping compiled.
 *
 * @throws Error when a mapped column has a type that planning should have refused
 */
export function comparisonOf(
  record: Pick<PreparedRecord, 'mode' | 'request' | 'wholeStore' | 'settings' | 'types'>,
): Comparison {
  const { settings, types, mode, wholeStore } = record;
  const columnTypes = Object.fromEntries(Object.entries(types).map(([name, type]) => [name, columnType(type)]));
  return {
    settings,
    attributes: compileAttributes(settings.attributes, columnTypes),
    resend: record.request.resend,
    // A changed mapping compares the whole source table, and may have fixed what was refused.
    tryExhausted: mode === 'backfill' || (mode === 'changes' && wholeStore),
    clearDeparted: settings.departedCustomers === 'clear' && mode === 'full',
    partial: isPartial(record.request),
    clear: record.request.clear ?? null,
  };
}

/** The result of a page: what is staged, what is rejected, and the counts. */
export interface ComparedPage {
  readonly rows: OutboxRow[];
  /** Customers with nothing to send. */
  readonly unchanged: string[];
  readonly rejections: NewRejection[];
  /** Open rejections whose cause no longer exists. */
  readonly resolvedRejections: { customerId: string; attribute: string | null }[];
  readonly counts: PageCounts;
  readonly figures: ExtractionFigures;
  /** Per attribute: customers it would be sent for because their values changed. */
  readonly changes: Readonly<Record<string, number>>;
}

/** Called for each compared customer, for callers that need more than counts; for cleared ones without a row. */
export type Observer = (seen: {
  customerId: string;
  /** Null: no row of the customer was read. */
  row: TenantRow | null;
  acknowledged: ValueSet | undefined;
  diff: CustomerDiff;
}) => void;

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

export function comparisonOf(
  record: Pick<PreparedRecord, 'mode' | 'request' | 'wholeStore' | 'settings' | 'types'>,
): Comparison {
  const { settings, types, mode, wholeStore } = record;
  const columnTypes = Object.fromEntries(Object.entries(types).map(([name, type]) => [name, columnType(type)]));
  return {
    settings,
    attributes: compileAttributes(settings.attributes, columnTypes),
    resend: record.request.resend,
    // A changed mapping compares the whole store, and may have mended what was refused.
    tryExhausted: mode === 'backfill' || (mode === 'changes' && wholeStore),
    clearDeparted: settings.departedCustomers === 'clear' && mode === 'full',
    refresh: false,
    partial: isPartial(record.request),
    clear: record.request.clear ?? null,
  };
}

export interface Comparison {
  settings: SyncSettings;
  attributes: readonly ResolvedAttribute[];
  resend: boolean;
  /** Tries again what was refused often enough: a person or a new mapping asked for it. */
  tryExhausted: boolean;
  /** These customers are here because their values are old: what is unchanged is sent again. */
  refresh: boolean;
  /** Whether customers that the store no longer has are cleared at Braze. */
  clearDeparted: boolean;
  /** Some attributes only: nothing is said about the customers' others. */
  partial: boolean;
  /** Customers of the page are there to lose this attribute. */
  clear: string | null;
}

export interface ComparedPage {
  rows: OutboxRow[];
  unchanged: string[];
  rejections: NewRejection[];
  settled: { customerId: string; attribute: string | null }[];
  counts: PageCounts;
  figures: ExtractionFigures;
  /** Per attribute: customers it would be sent for. */
  changes: Record<string, number>;
  /** Attributes of which a value is sent, rather than removals alone. */
  valued: Set<string>;
}

/** Sees each customer that was compared, for whoever wants more than counts; those who have left the store too, without a row. */
export type Observer = (seen: {
  customerId: string;
  /** Null: the store no longer has the customer. */
  row: TenantRow | null;
  acknowledged: ValueSet | undefined;
  diff: CustomerDiff;
}) => void;

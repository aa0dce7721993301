import { hasUncertain, acknowledgedValues, uncertainAttributes } from '../ledger/acknowledged';
import type { Ledger } from '../ledger/open';
import { hasOpenRejections, openRejections, countUnnamedRejections, type OpenRejection } from '../ledger/rejections';
import { hasSuppressed, suppressedAmong } from '../ledger/suppressed';
import type { ValueSet } from '../types/values';
import type { StorePage } from './pages';

/** What the ledger holds of the customers of one page. */
export interface LedgerView {
  acknowledged: ReadonlyMap<string, ValueSet>;
  /** Attributes that may have reached Braze without a receipt. */
  uncertain: ReadonlyMap<string, ReadonlySet<string>>;
  openRejections: ReadonlyMap<string, readonly OpenRejection[]>;
  /** Customers to treat as if the source table did not have them. */
  suppressed: ReadonlySet<string>;
  /** Open rejections of rows that have no customer id at all; read with the first page of a run only, else 0. */
  unnamed: number;
}

/** A ledger that holds nothing: every customer is new. */
export const EMPTY_LEDGER_VIEW: LedgerView = {
  acknowledged: new Map(),
  uncertain: new Map(),
  openRejections: new Map(),
  suppressed: new Set(),
  unnamed: 0,
};

/** The open rejections of a customer who has none. */
export const NO_REJECTIONS: readonly OpenRejection[] = Object.freeze([]);

/**
 * A reader of {@link LedgerView}s, for the pages of one phase. Uncertain values, open rejections and suppressed customers are
 * rare: whether a target has any is checked here once, not for each page.
 */
export async function ledgerViewer(
  ledger: Ledger,
  targetId: number,
): Promise<(page: StorePage) => Promise<LedgerView>> {
  const uncertain = await hasUncertain(ledger, targetId);
  const rejections = await hasOpenRejections(ledger, targetId);
  const suppressed = await hasSuppressed(ledger);
  return async ({ cursor, rows, missing }) => {
    const ids = [...new Set([...rows.flatMap(({ customerId }) => customerId ?? []), ...missing])];
    const [acknowledged, uncertainOnes, openOnes, unnamed, suppressedOnes] = await Promise.all([
      acknowledgedValues(ledger, targetId, ids),
      uncertain ? uncertainAttributes(ledger, targetId, ids) : new Map<string, Set<string>>(),
      rejections ? openRejections(ledger, targetId, ids) : new Map<string, never[]>(),
      rejections && cursor === null ? countUnnamedRejections(ledger, targetId) : 0,
      suppressed ? suppressedAmong(ledger, ids) : new Set<string>(),
    ]);
    return { acknowledged, uncertain: uncertainOnes, openRejections: openOnes, unnamed, suppressed: suppressedOnes };
  };
}

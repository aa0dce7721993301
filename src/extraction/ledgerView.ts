import { hasUncertain, acknowledgedValues, uncertainAttributes } from '../ledger/acknowledged';
import type { Ledger } from '../ledger/open';
import { hasOpenRejections, openRejections, countUnnamedRejections, type OpenRejection } from '../ledger/rejections';
import { hasSuppressed, suppressedAmong } from '../ledger/suppressed';
import type { ValueSet } from '../types/values';
import type { StorePage } from './pages';

/** A look-up of what the ledger knows of a page's customers. What a target hardly ever has is asked about once. */
export async function ledgerViewer(
  ledger: Ledger,
  targetId: number,
): Promise<(page: StorePage) => Promise<LedgerView>> {
  const uncertain = await hasUncertain(ledger, targetId);
  const rejections = await hasOpenRejections(ledger, targetId);
  const suppressed = await hasSuppressed(ledger);
  return async ({ cursor, rows, gone }) => {
    const ids = [...new Set([...rows.flatMap(({ customerId }) => customerId ?? []), ...gone])];
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

/** What a comparison needs to know of the ledger about the customers of one page. */
export interface LedgerView {
  acknowledged: ReadonlyMap<string, ValueSet>;
  uncertain: ReadonlyMap<string, ReadonlySet<string>>;
  openRejections: ReadonlyMap<string, readonly OpenRejection[]>;
  /** Customers who are forgotten: as if the store did not have them. */
  suppressed: ReadonlySet<string>;
  /** Open rejections of rows that have no customer id at all; asked for with the first page only. */
  unnamed: number;
}

export const EMPTY_LEDGER_VIEW: LedgerView = {
  acknowledged: new Map(),
  uncertain: new Map(),
  openRejections: new Map(),
  suppressed: new Set(),
  unnamed: 0,
};

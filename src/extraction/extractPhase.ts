import type { Ledger } from '../ledger/open';
import { type Cursor, commitPage } from '../ledger/outbox';
import type { ExtractionFigures } from '../ledger/runs';
import type { PreparedRecord } from '../planning/preparedRun';
import { prefetch } from '../prefetch';
import { comparePage } from './comparePage';
import { comparisonOf } from './comparison';
import { sumOf } from './figures';
import { ledgerViewer, type LedgerView } from './ledgerView';
import { type Reader, readPhasePages, type StorePage } from './pages';

/** One run's extraction. */
export interface Extraction {
  ledger: Ledger;
  record: PreparedRecord;
  reader: Reader;
  /** Ends it between two pages, with the signal's reason. */
  stop: AbortSignal;
}

/**
 * Extracts the rest of the phase in which the cursor stands and gives where the next one begins. Four pages are under way at
 * once: one read, one looked up, one compared, one committed. Commits keep their order.
 */
export async function extractPhase(
  { ledger, record, reader, stop }: Extraction,
  { cursor, figures }: { cursor: Cursor | null; figures: ExtractionFigures },
): Promise<{ cursor: Cursor; figures: ExtractionFigures }> {
  const comparison = { ...comparisonOf(record), refresh: cursor?.phase === 'refresh' };
  const look = await ledgerViewer(ledger, record.targetId);
  let committing = Promise.resolve();
  let next = cursor;
  let sum = figures;
  for await (const { page, known } of prefetch(withLedgerView(prefetch(readPhasePages(reader, cursor)), look))) {
    const { changes: _, valued: __, ...compared } = comparePage(comparison, page, known);
    await committing;
    stop.throwIfAborted();
    ({ next } = page);
    sum = sumOf(sum, compared.figures);
    committing = commitPage(ledger, {
      run: record.run,
      targetId: record.targetId,
      cursor: page.cursor,
      next: page.next,
      // A list of customers, from whichever side, brings no row without an id.
      countsUnnamed: record.request.selection === null && comparison.clear === null,
      ...compared,
      figures: sum,
    });
    // Met when it is awaited; until then it must not count as unhandled.
    committing.catch(() => undefined);
  }
  await committing;
  return { cursor: next!, figures: sum };
}

/** Pages with what the ledger knows of their customers. */
export async function* withLedgerView(
  pages: AsyncGenerator<StorePage>,
  look: (page: StorePage) => Promise<LedgerView>,
): AsyncGenerator<{ page: StorePage; known: LedgerView }> {
  for await (const page of pages) yield { page, known: await look(page) };
}

import type { Ledger } from '../ledger/open';
import { type Cursor, commitPage } from '../ledger/outbox';
import type { ExtractionFigures } from '../ledger/runs';
import type { PreparedRecord } from '../planning/preparedRun';
import { prefetch } from '../prefetch';
import { compareForRefresh } from './compareForRefresh';
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
  /** Called when a page was read and looked up, and when one was committed. */
  onProgress?: () => void;
}

/** How far an extraction has come. */
export interface Extracted {
  /** Null: nothing has been read. */
  cursor: Cursor | null;
  /** Of all pages so far. */
  figures: ExtractionFigures;
}

/**
 * Extracts the rest of the phase that the cursor is in, and returns where the next one begins. Four pages are in progress
 * at once: one is read, one looked up in the ledger, one compared, one committed. Commits keep their order.
 *
 * @throws CursorMovedError when another attempt has committed a page of the same run
 * @throws TenantProblem when the source table cannot be read
 */
export async function extractPhase(
  { ledger, record, reader, stop, onProgress = () => undefined }: Extraction,
  { cursor, figures }: Extracted,
): Promise<{ cursor: Cursor; figures: ExtractionFigures }> {
  const comparison = comparisonOf(record);
  const compare = cursor?.phase === 'refresh' ? compareForRefresh : comparePage;
  const readView = await ledgerViewer(ledger, record.targetId);
  let committing = Promise.resolve();
  let next = cursor;
  let sum = figures;
  for await (const { page, view } of prefetch(withLedgerView(prefetch(readPhasePages(reader, cursor)), readView))) {
    onProgress();
    const compared = compare(comparison, page, view);
    await committing;
    onProgress();
    stop.throwIfAborted();
    ({ next } = page);
    sum = sumOf(sum, compared.figures);
    committing = commitPage(ledger, {
      run: record.run,
      targetId: record.targetId,
      cursor: page.cursor,
      next: page.next,
      // A run that reads customers by id reads no row without an id.
      countsUnnamed: record.request.selection === null && comparison.clear === null,
      rows: compared.rows,
      unchanged: compared.unchanged,
      rejections: compared.rejections,
      resolvedRejections: compared.resolvedRejections,
      counts: compared.counts,
      figures: sum,
    });
    // A rejection is handled where `committing` is awaited; until then it must not count as unhandled.
    committing.catch(() => undefined);
  }
  await committing;
  return { cursor: next!, figures: sum };
}

/** Pages with what the ledger holds of their customers. */
async function* withLedgerView(
  pages: AsyncGenerator<StorePage>,
  readView: (page: StorePage) => Promise<LedgerView>,
): AsyncGenerator<{ page: StorePage; view: LedgerView }> {
  for await (const page of pages) yield { page, view: await readView(page) };
}

import { cancellationSignal } from '@temporalio/activity';
import { columnType } from '../attributes/columnType';
import { compileAttributes } from '../attributes/compile';
import { acknowledgedValues, countAcknowledged, hasUncertain, uncertainAttributes } from '../ledger/acknowledged';
import type { Ledger } from '../ledger/open';
import { lastSyncDay, type ExtractionFigures } from '../ledger/runs';
import { commitPage, extractionCursor, finishExtraction, type Cursor } from '../ledger/outbox';
import { countUnnamedRejections, hasOpenRejections, openRejections } from '../ledger/rejections';
import { hasSuppressed, suppressedAmong } from '../ledger/suppressed';
import type { RelationShape } from '../tenant/store';
import type { ExtractedRun, SyncSettings } from '../types/workflow';
import { ahead } from '../prefetch';
import { isPartial } from '../planning/backfillScope';
import { comparePage, type Comparison, type Known } from '../extraction/comparePage';
import type { Deps } from './dependencies';
import { readPhasePages, type Reader, type StorePage } from '../extraction/pages';
import { noFigures, sumOf } from '../extraction/figures';
import type { RefreshTurn } from '../ledger/candidates';
import { refreshTurn } from '../planning/refreshBuckets';
import { preparedRun, type PreparedRecord } from '../planning/preparedRun';

/**
 * The loop that joins tenant, attributes and ledger: candidates page by page, compared with what Braze acknowledged, what
 * differs into the outbox. Each page commits with the next cursor, so an attempt goes on where the last one stood.
 * Stops between pages when the run is stopped.
 */
export async function extractChanges(deps: Deps, { run }: { run: number }): Promise<ExtractedRun> {
  const { ledger } = deps;
  const record = await preparedRun(ledger, run);
  const before = await extractionCursor(ledger, run);
  if (!before.extracted) {
    const tenant = deps.tenant(deps.readConfiguration().sourceUrl(record.settings.source).value);
    const refresh = await turnOf(ledger, record, Date.parse(record.startedAt));
    const reader: Reader = { ledger, tenant, record, shape: shapeOf(record.settings, record.types), refresh };
    let { cursor, figures } = before;
    figures ??= noFigures(record.settings.attributes.length);
    while (cursor?.phase !== 'end') {
      ({ cursor, figures } = await extractPhase(ledger, record, reader, { cursor, figures }));
    }
    await finishExtraction(ledger, run, await countAcknowledged(ledger, record.targetId));
  }
  const { candidates, changed, rejected, staged, settings } = await preparedRun(ledger, run);
  return { candidates, changed, rejected, chunks: Math.ceil(staged / settings.delivery.chunkCustomers) };
}

/**
 * Extracts the rest of the phase in which the cursor stands and gives where the next one begins. Four pages are under way at
 * once: one read, one looked up, one compared, one committed. Commits keep their order.
 */
async function extractPhase(
  ledger: Ledger,
  record: PreparedRecord,
  reader: Reader,
  { cursor, figures }: { cursor: Cursor | null; figures: ExtractionFigures },
): Promise<{ cursor: Cursor; figures: ExtractionFigures }> {
  const comparison = { ...comparisonOf(record), refresh: cursor?.phase === 'refresh' };
  const look = await lookUp(ledger, record.targetId);
  let committing = Promise.resolve();
  let next = cursor;
  let sum = figures;
  for await (const { page, known } of ahead(withKnown(ahead(readPhasePages(reader, cursor)), look))) {
    const { changes: _, valued: __, ...compared } = comparePage(comparison, page, known);
    await committing;
    cancellationSignal().throwIfAborted();
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
async function* withKnown(
  pages: AsyncGenerator<StorePage>,
  look: (page: StorePage) => Promise<Known>,
): AsyncGenerator<{ page: StorePage; known: Known }> {
  for await (const page of pages) yield { page, known: await look(page) };
}

/** Who is sent again because of age in a run that began at this moment. */
export async function turnOf(
  ledger: Ledger,
  { settings, targetId }: Pick<PreparedRecord, 'settings' | 'targetId'>,
  startedAtMs: number,
): Promise<RefreshTurn | null> {
  const { refreshAfterMs } = settings;
  return refreshAfterMs === undefined
    ? null
    : refreshTurn(refreshAfterMs, await lastSyncDay(ledger, targetId), startedAtMs);
}

/** Which columns are read, and their types: one for each attribute, in the mapping's order. */
export function shapeOf(settings: SyncSettings, types: Record<string, string>): RelationShape {
  return {
    relation: settings.relation,
    customerId: settings.customerId,
    updatedAt: settings.updatedAt,
    customerIdType: types[settings.customerId]!,
    updatedAtType: types[settings.updatedAt]!,
    columns: settings.attributes.map(({ column }) => column),
  };
}

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
    clearGone: settings.departedCustomers === 'clear' && mode === 'full',
    refresh: false,
    partial: isPartial(record.request),
    clear: record.request.clear ?? null,
  };
}

/** A look-up of what the ledger knows of a page's customers. What a target hardly ever has is asked about once. */
export async function lookUp(ledger: Ledger, targetId: number): Promise<(page: StorePage) => Promise<Known>> {
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

import { cancellationSignal } from '@temporalio/activity';
import { extractPhase } from '../extraction/extractPhase';
import { noFigures } from '../extraction/figures';
import { type Reader, shapeOf } from '../extraction/pages';
import { countAcknowledged } from '../ledger/acknowledged';
import { extractionCursor, finishExtraction } from '../ledger/extractionState';
import { readPreparedRun } from '../planning/preparedRun';
import { dueRefreshBuckets } from '../planning/refreshBuckets';
import type { ExtractedRun } from '../types/activities';
import type { Progress } from '../types/progress';
import type { Deps } from './dependencies';

/**
 * The loop that joins tenant, attributes and ledger: candidates page by page, compared with what Braze acknowledged, what
 * differs into the outbox. Each page commits with the next cursor, so an attempt goes on where the last one stood.
 * Stops between pages when the run is stopped.
 */
export async function extractChanges(deps: Deps, { run }: { run: number }, progress: Progress): Promise<ExtractedRun> {
  const { ledger } = deps;
  const record = await readPreparedRun(ledger, run);
  const before = await extractionCursor(ledger, run);
  if (!before.extracted) {
    const tenant = deps.tenant(deps.readConfiguration().sourceUrl(record.settings.source).value);
    const refresh = await dueRefreshBuckets(ledger, record, Date.parse(record.startedAt));
    const onProgress = () => progress.mark();
    const shape = shapeOf(record.settings, record.types);
    const reader: Reader = { ledger, tenant, record, shape, refresh, onProgress };
    const extraction = { ledger, record, reader, stop: cancellationSignal(), onProgress };
    let { cursor, figures } = before;
    figures ??= noFigures(record.settings.attributes.length);
    while (cursor?.phase !== 'end') {
      ({ cursor, figures } = await extractPhase(extraction, { cursor, figures }));
    }
    const acknowledged = await countAcknowledged(ledger, record.targetId);
    progress.mark();
    await finishExtraction(ledger, run, acknowledged);
    progress.mark();
  }
  const { candidates, changed, rejected, staged, settings } = await readPreparedRun(ledger, run);
  return { candidates, changed, rejected, chunks: Math.ceil(staged / settings.delivery.chunkCustomers) };
}

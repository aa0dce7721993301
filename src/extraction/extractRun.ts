import { countAcknowledged } from '../ledger/acknowledged';
import { extractionCursor, finishExtraction } from '../ledger/extractionState';
import type { EngineDeps } from '../planning/engineDeps';
import type { PreparedRecord } from '../planning/preparedRun';
import { dueRefreshBuckets } from '../planning/refreshBuckets';
import type { Progress } from '../types/progress';
import { extractPhase, type Extracted, type Extraction } from './extractPhase';
import { noFigures } from './figures';
import { type Reader, shapeOf } from './pages';

/**
 * Extracts a run: reads candidates page by page, compares them with what Braze acknowledged, and stages what differs in the
 * outbox. Each page commits with the next cursor, so a later attempt resumes after the last committed page. Does nothing for a
 * run that is already extracted.
 *
 * @param attempt.signal ends it between two pages; it then rejects with the signal's reason
 * @throws CursorMovedError when another attempt extracts the same run
 * @throws InvalidConfiguration when the config file is missing or wrong
 * @throws TenantProblem when the source table cannot be read
 */
export async function extractRun(
  { ledger, tenant, readConfiguration }: Pick<EngineDeps, 'ledger' | 'tenant' | 'readConfiguration'>,
  record: PreparedRecord,
  { signal, progress }: { signal: AbortSignal; progress: Progress },
): Promise<void> {
  const { run, settings, types, targetId } = record;
  const { cursor, extracted, figures } = await extractionCursor(ledger, run);
  if (extracted) return;
  const onProgress = () => progress.mark();
  const reader: Reader = {
    ledger,
    tenant: tenant(readConfiguration().sourceUrl(settings.source).value),
    record,
    shape: shapeOf(settings, types),
    refresh: await dueRefreshBuckets(ledger, record, Date.parse(record.startedAt)),
    onProgress,
  };
  const extraction: Extraction = { ledger, record, reader, stop: signal, onProgress };
  let extractedSoFar: Extracted = { cursor, figures: figures ?? noFigures(settings.attributes.length) };
  while (extractedSoFar.cursor?.phase !== 'end') extractedSoFar = await extractPhase(extraction, extractedSoFar);
  const acknowledged = await countAcknowledged(ledger, targetId);
  progress.mark();
  await finishExtraction(ledger, run, acknowledged, onProgress);
  progress.mark();
}

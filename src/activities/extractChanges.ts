import { cancellationSignal } from '@temporalio/activity';
import { extractRun } from '../extraction/extractRun';
import { readPreparedRun } from '../planning/preparedRun';
import type { ExtractedRun } from '../types/activities';
import type { Progress } from '../types/progress';
import type { Deps } from './dependencies';

/** Fills the run's outbox. A stop takes effect between two pages, and a later attempt resumes there. */
export async function extractChanges(deps: Deps, { run }: { run: number }, progress: Progress): Promise<ExtractedRun> {
  const { ledger } = deps;
  await extractRun(deps, await readPreparedRun(ledger, run), { signal: cancellationSignal(), progress });
  const { candidates, changed, rejected, staged, settings } = await readPreparedRun(ledger, run);
  return { candidates, changed, rejected, chunks: Math.ceil(staged / settings.delivery.chunkCustomers) };
}

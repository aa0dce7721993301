import { setTimeout as sleep } from 'node:timers/promises';
import type { Progress } from '../types/progress';
import { monotonicNowMs } from './monotonicClock';

/** How often a wait that continues is marked as progress. */
export const MARK_EVERY_MS = 500;

/**
 * Waits this many ms, or until the signal is aborted. The cause is known, so the wait counts as progress, however long it is.
 */
export async function knownWait(ms: number, stop: AbortSignal, progress: Pick<Progress, 'mark'>): Promise<void> {
  const untilMs = monotonicNowMs() + ms;
  for (let leftMs = ms; leftMs > 0 && !stop.aborted; leftMs = untilMs - monotonicNowMs()) {
    progress.mark();
    await sleep(Math.min(leftMs, MARK_EVERY_MS), undefined, { signal: stop }).catch(() => undefined);
  }
  progress.mark();
}

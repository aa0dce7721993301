import type { TemporalAccess } from './connect';
import { grpcCode } from './grpcCode';
import { allOpenWorkflows, openWorkflows, progressOf, signalRun } from './runs';
import { pauseSchedule, scheduledSyncs, scheduleState } from './schedules';

/** The result of pausing or resuming one sync. */
export interface PauseResult {
  sync: string;
  runs: number;
  /** Runs that a resume does not apply to, with the state they are in. */
  otherwise: { state: string }[];
  /** Null: it has none. */
  schedule: 'changed' | 'as-it-was' | null;
  /** A short code, where Temporal failed. */
  failed: string | null;
}

/**
 * Pauses or resumes the run, if any, and the schedule. The schedule first: it must not start a run between the two. A run that
 * reports that it is not paused gets no resume signal; one that does not answer gets it.
 */
export async function setSyncPaused(
  temporal: TemporalAccess,
  sync: string,
  verb: 'pause' | 'resume',
  more: readonly string[] = [],
): Promise<PauseResult> {
  const result: PauseResult = { sync, runs: 0, otherwise: [], schedule: null, failed: null };
  try {
    const before = await scheduleState(temporal, sync);
    const past = verb === 'pause' ? 'paused' : 'resumed';
    if (
      before !== null &&
      (await pauseSchedule(temporal, sync, verb === 'pause', `${past} with the command ${verb}`))
    ) {
      result.schedule = before.paused === (verb === 'pause') ? 'as-it-was' : 'changed';
    }
  } catch (error) {
    result.failed = codeOf(error);
  }
  // Also when the schedule could not be reached: everything that can be stopped is stopped.
  try {
    const ids = new Set([...(await openWorkflows(temporal, sync)), ...more]);
    await Promise.all([...ids].map((id) => setRunPaused(temporal, id, verb, result)));
  } catch (error) {
    result.failed ??= codeOf(error);
  }
  return result;
}

async function setRunPaused(
  temporal: TemporalAccess,
  id: string,
  verb: 'pause' | 'resume',
  result: PauseResult,
): Promise<void> {
  const progress = verb === 'resume' ? await progressOf(temporal, id) : null;
  if (progress !== null && progress.state !== 'paused' && progress.pausing !== true) {
    result.otherwise.push({ state: progress.state });
    return;
  }
  try {
    if (await signalRun(temporal, id, verb)) result.runs += 1;
  } catch (error) {
    result.failed ??= codeOf(error);
  }
}

/**
 * The kill switch, and its opposite: every sync of the config, every schedule and every open run on our task queue, also of
 * syncs that left the config or were started manually. A failure for one does not stop the others.
 */
export async function setAllPaused(
  temporal: TemporalAccess,
  configured: readonly string[],
  verb: 'pause' | 'resume',
): Promise<PauseResult[]> {
  const [scheduled, open] = await Promise.all([scheduledSyncs(temporal), allOpenWorkflows(temporal)]);
  const bySync = new Map<string, string[]>();
  for (const { workflowId, sync } of open) {
    bySync.set(sync ?? workflowId, [...(bySync.get(sync ?? workflowId) ?? []), workflowId]);
  }
  const syncs = [...new Set([...configured, ...scheduled, ...bySync.keys()])];
  return Promise.all(syncs.map((sync) => setSyncPaused(temporal, sync, verb, bySync.get(sync))));
}

/** Only the code: an error's message is not written for operators. */
function codeOf(error: unknown): string {
  const code = grpcCode(error);
  return typeof code === 'number' || typeof code === 'string'
    ? `Temporal returned code ${code}`
    : 'Temporal failed without a code';
}

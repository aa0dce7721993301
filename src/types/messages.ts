import type { RunCounts, RunScope, RunState } from './run';
import type { IsoTime } from './values';

/**
 * The signals a run understands, by name, each with its arguments. Workflow, commands and operators
 * (`temporal workflow signal --name`) use these names.
 */
export interface SignalArguments {
  pause: [];
  resume: [];
  retry: [];
  approve: [approval?: Approval];
  discard: [];
  modelRunCompleted: [announcement?: ModelRunAnnouncement];
}

export type SignalName = keyof SignalArguments;

/** Name of the query that a run answers with its {@link Progress}. */
export const PROGRESS_QUERY = 'progress';

/** Answer of the `progress` query. */
export interface Progress extends RunScope, Omit<RunCounts, 'valuesSent'> {
  run: number;
  state: RunState;
  since: IsoTime;
  /** A pause was requested, and requests in flight are still finishing. */
  pausing?: true;
  heldBecause?: string;
  hold?: number;
  /** While delivery waits for Braze: `Braze 503 since 2026-11-23T05:02:00.000Z`. */
  waiting?: string;
  chunks: number;
  chunksDone: number;
  /** Requests per second while delivering; null before. */
  ratePerSecond: number | null;
  startedAt: IsoTime;
  etaSeconds: number | null;
  /** Signals that did not apply, with the reason. */
  ignored: string[];
}

/** Which hold an approval is for; default the current one. */
export interface Approval {
  hold?: number;
}

/** Which model run has completed; default one without a name. */
export interface ModelRunAnnouncement {
  modelRun?: string;
}

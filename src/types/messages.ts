import type { RunState } from './run';

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
export interface Progress {
  run: number;
  state: RunState;
  since: string;
  /** A pause was asked for, and what is in flight is still being finished. */
  pausing?: true;
  heldBecause?: string;
  hold?: number;
  /** While delivery waits for Braze: `Braze 503 since 2026-11-23T05:02:00.000Z`. */
  waiting?: string;
  modelRun: string | null;
  windowFrom: string | null;
  windowTo: string | null;
  candidates: number;
  changed: number;
  chunks: number;
  chunksDone: number;
  accepted: number;
  rejected: number;
  requests: number;
  /** Requests per second of the time spent delivering, or null before. */
  ratePerSecond: number | null;
  startedAt: string;
  etaSeconds: number | null;
  /** Signals that did not apply, with the reason. */
  ignored: string[];
}

/** Which hold an approval means; without it the one now shown. */
export interface Approval {
  hold?: number;
}

export interface ModelRunAnnouncement {
  modelRun?: string;
}

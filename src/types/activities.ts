import type {
  RunCounts,
  RunIdentity,
  RunRequest,
  HoldReason,
  Waiting,
  LeaseKind,
  RunState,
  EndedState,
  HoldCause,
} from './run';

/** Type of the failure with which an activity says that the run must hold; its first detail is a {@link HoldReason}. */
export const HOLD_FAILURE = 'Hold';

/** Which workflow requests a run, and what for. */
export interface OpenRunInput extends Pick<RunIdentity, 'sync' | 'mode'>, RunRequest {
  firstRunId: string;
  /**
   * The workflow's input as it was given; null: none. Absent from workflows of an earlier version. The other fields are for activities
   * of an earlier version, during an upgrade.
   */
  raw?: unknown;
}

/** The run as it was entered into the ledger. */
export interface OpenedRun {
  run: number;
  startedAt: string;
  holdForMs: number;
  searchAttributes: boolean;
}

export type ModelRunAnswer =
  | { kind: 'ready'; modelRun: string | null }
  /** None completed within the config's timeout, or none exists for a run that takes the latest. */
  | { kind: 'none' }
  /** This sync's model runs are announced by signal; the workflow waits for it this long. */
  | { kind: 'await-signal'; timeoutMs: number };

/** Whether the run has the lease now. */
export interface LeaseAnswerForRun {
  granted: boolean;
  /** What is ahead of the run, as text. */
  behind: string | null;
}

/** What the later steps of the run use. */
export interface PreparedRun {
  windowFrom: string | null;
  windowTo: string;
  holdForMs: number;
  lanes: number;
}

/** What extraction has staged. */
export interface ExtractedRun extends Pick<RunCounts, 'candidates' | 'changed' | 'rejected'> {
  chunks: number;
}

/** One attempt at one chunk. */
export interface ChunkInput {
  run: number;
  chunk: number;
  keyConfirmed: boolean;
  approvedGuards: string[];
  /** What the progress query reports as waited for: the chunk ends early when that has changed. */
  waitingShown: string | null;
}

/** End of one chunk attempt; counts are the run's totals at that moment, from its receipts. */
export interface ChunkResult extends Pick<RunCounts, 'accepted' | 'rejected' | 'requests'> {
  /** False when it stopped early and has to be resumed. */
  done: boolean;
  hold: HoldReason | null;
  /** What it was waiting for when it ended; null when Braze answers. */
  waiting: Waiting | null;
  /** The run no longer has a lease, so nothing more can be sent or recorded before it has a lease again. */
  leaseLost: boolean;
}

/** Which guards not to judge again. */
export interface JudgeInput {
  run: number;
  approvedGuards: string[];
  /**
   * Sent by a workflow that reads the verdict in the result. Absent in workflows of an earlier version: they hold on a failure
   * of type `Hold` only, and would send despite a guard whose verdict is a result.
   */
  verdict?: 'result';
}

/** Verdict of the guards on what extraction found. */
export interface JudgeResult {
  /** Null when no guard trips. Absent in results of an earlier version, whose guards hold by a failure of type `Hold`. */
  hold?: HoldReason | null;
}

/** Which lease a run asks for. */
export interface LeaseRequest {
  run: number;
  kind: LeaseKind;
}

/** What a run knows before it is prepared. */
export interface PrepareRunInput {
  run: number;
  /** From a signal; a run that polls has it in its row already. */
  modelRun: string | null;
  keyConfirmed: boolean;
}

/** A state that the workflow has entered, for the ledger. */
export interface NoteStateInput {
  run: number;
  state: Exclude<RunState, EndedState>;
  hold: number | null;
  /** Absent in runs that an older version began. */
  cause?: HoldCause | null;
  because: string | null;
}

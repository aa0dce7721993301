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

/** Type of the failure by which an activity says that the run must hold; its first detail is a {@link HoldReason}. */
export const HOLD_FAILURE = 'Hold';

/** Who asks for a run, and for what. */
export interface OpenRunInput extends Pick<RunIdentity, 'sync' | 'mode'>, RunRequest {
  firstRunId: string;
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
  /** None completed within the config's timeout, or none at all for a run that takes the latest. */
  | { kind: 'none' }
  /** This sync's model runs are announced by signal; the workflow waits for it this long. */
  | { kind: 'await-signal'; timeoutMs: number };

/** Whether the run has the lease now. */
export interface LeaseAnswerForRun {
  granted: boolean;
  /** Who is in the way, in words. */
  behind: string | null;
}

/** What the rest of the run goes by. */
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
  /** False when it stopped early and has to be taken up again. */
  done: boolean;
  hold: HoldReason | null;
  /** What it was waiting for when it ended; null when Braze answers. */
  waiting: Waiting | null;
  /** The run no longer has a lease, so nothing more can be sent or recorded before it is taken again. */
  leaseLost: boolean;
}

/** Which guards are not to be judged again. */
export interface JudgeInput {
  run: number;
  approvedGuards: string[];
  /**
   * Sent by a workflow that reads the verdict in the result. Absent in workflows of an earlier version: they hold on a failure of type
   * `Hold` only, and would send in spite of a guard whose verdict is a result.
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

/** What a run has learned before it is prepared. */
export interface PrepareRunInput {
  run: number;
  /** From a signal; a run that polls has it in its row already. */
  modelRun: string | null;
  keyConfirmed: boolean;
}

/** A state that the workflow has come to, for the ledger. */
export interface NoteStateInput {
  run: number;
  state: Exclude<RunState, EndedState>;
  hold: number | null;
  /** Absent in runs that an older version began. */
  cause?: HoldCause | null;
  because: string | null;
}

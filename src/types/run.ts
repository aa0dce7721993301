import type { IsoTime, TenantTime } from './values';

/**
 * What folders share: plain types and string constants. This folder imports nothing, so workflow code may import it. Everything
 * here survives JSON: no Date, no Map, no undefined that matters.
 */

/** What a run compares: what changed since the last one, the whole source table, or a chosen part of it. */
export type Mode = 'changes' | 'full' | 'backfill';

/** Which model run a run takes: the next one newer than the last synced (waits), or the latest completed (at once). */
export type ModelRunChoice = 'next' | 'latest';

/** The states of a run, in the words people see. The last six are final. */
export const RUN_STATES = [
  'waiting-for-model-run',
  'queued',
  'extracting',
  'delivering',
  'recording',
  'paused',
  'held',
  'completed',
  'completed-with-rejections',
  'no-new-model-run',
  'incomplete',
  'discarded',
  'cancelled',
] as const;

export type RunState = (typeof RUN_STATES)[number];

/** States that a run does not leave. */
export const ENDED_STATES = [
  'completed',
  'completed-with-rejections',
  'no-new-model-run',
  'incomplete',
  'discarded',
  'cancelled',
] as const satisfies readonly RunState[];

export type EndedState = (typeof ENDED_STATES)[number];

/** Whether a run in this state has ended. */
export function hasEnded(state: RunState): state is EndedState {
  return (ENDED_STATES as readonly RunState[]).includes(state);
}

/** Which run it is, and of what. */
export interface RunIdentity {
  /** Its number in the ledger. */
  run: number;
  workflowId: string;
  /** Run id of the workflow's first execution: continue-as-new does not change it. */
  temporalRunId: string;
  sync: string;
  mode: Mode;
}

/** How a run was requested: what a person or the schedule entered, kept for the record. */
export interface RunRequest {
  modelRun: ModelRunChoice;
  since: string | null;
  until: string | null;
  selection: string | null;
  resend: boolean;
  /** Only these attributes; absent or null: all of the mapping. Workflows of an earlier version do not send it. */
  attributes?: string[] | null;
  /** The attribute to remove from every profile it was written to; absent or null: none. */
  clear?: string | null;
}

/** What a run reads of the source table. */
export interface RunScope {
  modelRun: string | null;
  /** Inclusive; null: from the beginning. */
  windowFrom: TenantTime | null;
  /** Inclusive; null: not decided yet. */
  windowTo: TenantTime | null;
}

/** What a run has counted so far. */
export interface RunCounts {
  candidates: number;
  changed: number;
  accepted: number;
  rejected: number;
  requests: number;
  valuesSent: number;
}

/** Why a run holds. `guard` and `unseen-key` need approval; the others need a fix and are then retried. */
export type HoldCause =
  | 'invalid-config'
  | 'tenant'
  | 'workspace-moved'
  | 'wrong-endpoint'
  | 'unseen-key'
  | 'refused-key'
  | 'guard'
  | 'unsettled';

/** What a held run needs: a person's approval, or a fix of its cause. Null: held by a version that recorded no cause. */
export function holdNeeds(cause: HoldCause | null): 'approval' | 'fix' {
  return cause === 'guard' || cause === 'unseen-key' ? 'approval' : 'fix';
}

/** Why a run holds, for a person. */
export interface HoldReason {
  cause: HoldCause;
  /** One sentence: what happened and what fixes it. No secret, no customer data. */
  because: string;
  /** Name of the guard, when a guard holds. */
  guard?: string;
}

/** A hold of a run, by its number. */
export interface Hold extends HoldReason {
  /** Counts up over a run, so that an approval can name the hold it means. */
  number: number;
}

/** An outside problem that a run waits for ("Braze 503"), and since when (ISO 8601). */
export interface Waiting {
  for: string;
  since: string;
}

/**
 * How a run ended: result of the workflow, and the last object of `run --json`. The bounds of its window are in the form of `isoTime`,
 * no longer in the database's own.
 */
export interface RunSummary extends RunIdentity, RunScope, RunCounts {
  state: RunState;
  /** Customers without a change, sent again because of `refreshAfter`. */
  refreshed: number;
  /** Candidates × attributes − values sent: what a sync by timestamp would have sent in addition. */
  valuesAvoided: number;
  startedAt: IsoTime;
  finishedAt: IsoTime | null;
}

export type LeaseKind = 'sync' | 'workspace';

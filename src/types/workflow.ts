import type { Mode, ModelRunChoice, RunCounts, RunScope, RunState, Waiting, Hold } from './run';
import type { IsoTime } from './values';

/** Workflow type, as registered with Temporal and typed into the Web UI. */
export const WORKFLOW_TYPE = 'syncPredictiveAttributes';
/** Where workers look for tasks unless the config names another. */
export const DEFAULT_TASK_QUEUE = 'peak-braze';

/** What a run has to do. People type it into the Web UI, so everything except the sync is optional. */
export interface SyncInput {
  sync: string;
  /** Default `changes`. */
  mode?: Mode;
  /** Default `next`. */
  modelRun?: ModelRunChoice;
  /** Backfill: window of `updated_at`, both inclusive, in any form the tenant's database reads as a timestamp. */
  since?: string;
  until?: string;
  /** Backfill: id of a stored list of customers. */
  selection?: string;
  /** Backfill: the whole source table. */
  everything?: boolean;
  /** Backfill: sends unchanged values too. */
  resend?: boolean;
  /** Backfill: only these attributes are compared and sent. */
  attributes?: string[];
  /** Backfill: removes this attribute from every profile that this sync wrote it to. The config may no longer have it. */
  clear?: string;
  /** What one execution hands to the next when Temporal asks it to continue as new. Not for people. */
  carried?: CarriedState;
}

/** The steps of a run, in order. A completed step never runs again. */
export type Step = 'wait-for-model-run' | 'prepare' | 'extract' | 'judge' | 'deliver' | 'record';

/** State of a run that survives continue-as-new. Plain data; times are ISO 8601. */
export interface CarriedState extends RunScope, Omit<RunCounts, 'valuesSent'> {
  /** 0 until the run has been opened in the ledger. */
  run: number;
  step: Step;
  state: RunState;
  since: IsoTime;
  startedAt: IsoTime;
  /** Whether Temporal knows our search attributes; upserting unknown ones would leave the run stuck. */
  searchAttributes: boolean;
  /** While queued: what is ahead, as text. */
  behind: string | null;
  chunks: number;
  nextChunk: number;
  /** Chunks that were started and stopped; they resume first. */
  unfinished: number[];
  chunksDone: number;
  lanes: number;
  /** Time spent delivering before the present stretch, in ms: pauses and holds are not in it. */
  deliveredMs: number;
  /** What delivery waits for, as the chunks last reported. */
  waiting: Waiting | null;
  paused: boolean;
  hold: Hold | null;
  holds: number;
  approvedGuards: string[];
  /** A person has confirmed that the current key belongs to this workspace. */
  keyConfirmed: boolean;
  /** First pause or hold: `holdFor` counts from here. */
  stoppedSince: IsoTime | null;
  holdForMs: number;
  /** Signals that changed nothing, newest last, with the reason. */
  ignored: string[];
  /** A model run announced before the run waited for it. */
  announced: { modelRun: string | null } | null;
}

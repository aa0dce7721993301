/**
 * What crosses rooms: plain shapes and string constants. This file imports nothing, so workflow code may read it.
 * Everything here survives JSON: no Date, no Map, no undefined that matters.
 */

/** What a run compares: what changed since the last one, the whole store, or a chosen part of it. */
export type Mode = 'changes' | 'full' | 'backfill';

/** Which model run a run takes: the next one newer than the last synced (waits), or the latest completed (at once). */
export type ModelRunChoice = 'next' | 'latest';

/** Workflow type, as registered with Temporal and typed by hand into the Web UI. */
export const WORKFLOW_TYPE = 'syncPredictiveAttributes';
export const DEFAULT_TASK_QUEUE = 'peak-braze';

/**
 * What keeps two senders apart, in one place: `test/types/sendingTimes.test.ts` states how these hang together (architecture.md,
 * "What keeps two senders apart").
 */
export const SENDING = {
  /** No new request when the chunk's claim was renewed longer ago than this. */
  renewalGoodForMs: 5_000,
  /** A request to Braze without an answer times out after this long. */
  requestTimeoutMs: 10_000,
  /** A claim or lease that was not released may be taken over this long after its last renewal. */
  takeOverAfterMs: 15_000,
  /** Temporal gives a task to another worker when no heartbeat has come for this long. */
  heartbeatTimeoutMs: 20_000,
  /** Objects in one request to `/users/track`: the most that one request in flight can have carried (Braze: API limits, "User track"). */
  objectsPerRequest: 75,
} as const;

/** The states of a run, in the words people see. The last six are ends. */
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

export const ENDED_STATES = [
  'completed',
  'completed-with-rejections',
  'no-new-model-run',
  'incomplete',
  'discarded',
  'cancelled',
] as const satisfies readonly RunState[];
export type EndedState = (typeof ENDED_STATES)[number];

export function hasEnded(state: RunState): state is EndedState {
  return (ENDED_STATES as readonly RunState[]).includes(state);
}

/** A value as Braze receives it. `null` removes the attribute from the profile. */
export type AttributeValue = string | number | boolean | null;

/** Values by attribute name: a customer's whole set, or the part of it that changed. */
export type ValueSet = Record<string, AttributeValue>;

export const ATTRIBUTE_TYPES = ['number', 'string', 'boolean', 'date'] as const;
export type AttributeType = (typeof ATTRIBUTE_TYPES)[number];

/** One attribute of the mapping. Thresholds are decimal text: binary floats would move a customer over a band's edge. */
export interface AttributeRule {
  name: string;
  column: string;
  /** Absent: the column's own type. With `bands` the outgoing type is string whatever the column is. */
  type?: AttributeType;
  decimals?: number;
  /** Ascending by lower bound; the highest bound reached names the band. */
  bands?: { name: string; lower: string }[];
  hysteresis?: string;
  minChange?: string;
  /** Travels only in the company of another changed attribute. */
  onlyWithOthers: boolean;
  /** What the model promises, ends included; counted for a guard, and sent all the same. Decimal text, at least one end. */
  range?: { min?: string; max?: string };
  /** The name is meant as the profile's own field of that name; never false. */
  standardField?: true;
  /** What it means, for the people who use it; decides nothing. */
  description?: string;
}

export type Identifier = { kind: 'external_id' | 'braze_id' | 'email' | 'phone' } | { kind: 'alias'; label: string };

export type Relation = { table: string } | { query: string };

export type ModelRunRule =
  | { kind: 'none' }
  | { kind: 'signal'; timeoutMs: number }
  /** `rowCount`: the column in which a model run states how many rows it wrote. */
  | { kind: 'table'; table: string; model: string; timeoutMs: number; pollMs: number; rowCount?: string }
  | { kind: 'query'; query: string; timeoutMs: number; pollMs: number; rowCount?: string };

/** Scalars only: the SDK encodes calendar ranges wrongly (sdk-typescript 1.24). */
export interface ScheduleRule {
  every: 'day' | 'week';
  day?: 'sunday' | 'monday' | 'tuesday' | 'wednesday' | 'thursday' | 'friday' | 'saturday';
  hour: number;
  minute: number;
  timeZone: string;
  /** A run starts up to this much later, by chance; absent: on time. */
  jitterMs?: number;
}

/** Shares are 0..1; a guard left out is off. */
export interface GuardLimits {
  maxChangedShare?: number;
  maxClearedShare?: number;
  maxRejectedShare?: number;
  /** One for all attributes, or by attribute. */
  maxNullShare?: number | Record<string, number>;
  maxOutOfRangeShare?: number;
  /** Of the rows that the model run states. */
  minRowShare?: number;
  maxCustomers?: number;
  maxValues?: number;
  maxProfiles?: number;
}

export interface WorkspaceSettings {
  name: string;
  /** Origin of the Braze REST endpoint, no trailing slash. */
  endpoint: string;
  rateLimit: {
    requests: number;
    perSeconds: number;
    share: number;
    /** Of a clock hour, as some contracts have it. */ requestsPerHour?: number;
  };
  billing: 'data-points' | 'mau';
}

/** One sync as a run keeps it in its ledger row: resolved, defaults filled in, and without any secret. */
export interface SyncSettings {
  sync: string;
  workspace: WorkspaceSettings;
  /** Name of the source; its URL is a secret and is resolved when it is used. */
  source: string;
  relation: Relation;
  customerId: string;
  updatedAt: string;
  overlapMs: number;
  identifier: Identifier;
  updateExistingOnly: boolean;
  /** Values whose acknowledgement is older are sent again; absent: never. */
  refreshAfterMs?: number;
  attributes: AttributeRule[];
  departedCustomers: 'keep' | 'clear';
  modelRun: ModelRunRule;
  schedule: ScheduleRule | null;
  holdForMs: number;
  guards: GuardLimits;
  delivery: {
    chunkCustomers: number;
    lanes: number;
    /** Pause between the last request of one run and the first of the next: Braze does not keep the order of quick calls. */
    settleMs: number;
  };
}

/** A customer's value, or a whole row, that could not be sent, and why. */
export interface Rejection {
  customerId: string | null;
  /** Absent when the whole customer was refused. */
  attribute: string | null;
  reason: RejectionReason;
  /** A sentence for a person; never contains the value itself. */
  message: string;
}

export const REJECTION_REASONS = [
  'no-customer-id',
  'customer-id-too-long',
  'not-an-email',
  'not-a-phone',
  'duplicate-id',
  'not-a-number',
  'not-finite',
  'out-of-range',
  'below-lowest-band',
  'not-a-boolean',
  'not-a-date',
  'too-long',
  'refused-by-braze',
] as const;
export type RejectionReason = (typeof REJECTION_REASONS)[number];

/** What a run has counted so far. */
export interface RunCounts {
  candidates: number;
  changed: number;
  accepted: number;
  rejected: number;
  requests: number;
  valuesSent: number;
}

/** What a run is asked to do. Typed by hand into the Web UI, so everything but the sync is optional. */
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
  /** Backfill: sends even what is unchanged. */
  resend?: boolean;
  /** Backfill: only these attributes are compared and sent. */
  attributes?: string[];
  /** Backfill: removes this attribute from every profile that this sync wrote it to. The config may no longer have it. */
  clear?: string;
  /** What one execution hands to the next when Temporal asks it to continue as new. Not for people. */
  carried?: CarriedState;
}

/** Why a run holds. `guard` and `unseen-key` are a person's decision (approve); the others are mended and retried. */
export type HoldCause =
  | 'invalid-config'
  | 'tenant'
  | 'workspace-moved'
  | 'wrong-endpoint'
  | 'unseen-key'
  | 'refused-key'
  | 'guard'
  | 'unsettled';

export interface HoldReason {
  cause: HoldCause;
  /** One sentence: what happened and what mends it. No secret, no customer's data. */
  because: string;
  /** Name of the guard, when a guard holds. */
  guard?: string;
}

export interface Hold extends HoldReason {
  /** Counts up over a run, so that an approval can name the hold it means. */
  number: number;
}

/** What people are told of a run: that it holds, that it goes on, or how it ended. Holds no customer's data and no secret. */
export interface NoticeFacts {
  sync: string;
  run: number;
  workflowId: string;
  mode: Mode;
  state: RunState;
  /** ISO 8601. */
  since: string;
  because: string | null;
  hold: number | null;
  holdCause: HoldCause | null;
  counts: Pick<RunCounts, 'changed' | 'accepted' | 'rejected'>;
}

/** The steps of a run, in order. A step that is done is never begun again. */
export type Step = 'wait-for-model-run' | 'prepare' | 'extract' | 'judge' | 'deliver' | 'record';

/** State of a run that survives continue-as-new. Plain data; times are ISO 8601. */
export interface CarriedState {
  /** 0 until the run has been opened in the ledger. */
  run: number;
  step: Step;
  state: RunState;
  since: string;
  startedAt: string;
  /** Whether Temporal knows our search attributes; upserting unknown ones would leave the run stuck. */
  searchAttributes: boolean;
  /** While queued: who is in the way, in words. */
  behind: string | null;
  modelRun: string | null;
  windowFrom: string | null;
  windowTo: string | null;
  candidates: number;
  changed: number;
  chunks: number;
  nextChunk: number;
  /** Chunks that were begun and stopped, to be taken up first. */
  unfinished: number[];
  chunksDone: number;
  lanes: number;
  accepted: number;
  rejected: number;
  requests: number;
  /** Time spent delivering before the present stretch, in ms: pauses and holds are not in it. */
  deliveredMs: number;
  /** What delivery waits out, as the chunks last told. */
  waiting: Waiting | null;
  paused: boolean;
  hold: Hold | null;
  holds: number;
  approvedGuards: string[];
  /** A person has said that the key now configured belongs to this workspace. */
  keyConfirmed: boolean;
  /** First pause or hold: `holdFor` counts from here. */
  stoppedSince: string | null;
  holdForMs: number;
  /** Signals that changed nothing, newest last, for whoever sent them. */
  ignored: string[];
  /** A model run announced before the run waited for it. */
  announced: { modelRun: string | null } | null;
}

/** Something outside that is waited out ("Braze 503"), and since when (ISO 8601). */
export interface Waiting {
  for: string;
  since: string;
}

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

/** How a run ended: result of the workflow, and the last object of `run --json`. */
export interface RunSummary {
  run: number;
  workflowId: string;
  temporalRunId: string;
  sync: string;
  mode: Mode;
  state: RunState;
  modelRun: string | null;
  windowFrom: string | null;
  windowTo: string | null;
  candidates: number;
  changed: number;
  accepted: number;
  rejected: number;
  requests: number;
  valuesSent: number;
  /** Customers of whom nothing had changed: sent again because of `refreshAfter`. */
  refreshed: number;
  /** Candidates × attributes − values sent: what a sync by timestamp would have sent on top. */
  valuesAvoided: number;
  startedAt: string;
  finishedAt: string | null;
}

/** Type of the failure by which an activity says that the run must hold; its first detail is a {@link HoldReason}. */
export const HOLD_FAILURE = 'Hold';

export interface OpenRunInput {
  firstRunId: string;
  sync: string;
  mode: Mode;
  modelRun: ModelRunChoice;
  since: string | null;
  until: string | null;
  selection: string | null;
  resend: boolean;
  /** Absent: all, and none. Workflows of an earlier version do not send them. */
  attributes?: string[] | null;
  clear?: string | null;
}

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
  /** This sync is told by signal; the workflow waits for it this long. */
  | { kind: 'await-signal'; timeoutMs: number };

export interface LeaseAnswerForRun {
  granted: boolean;
  /** Who is in the way, in words. */
  behind: string | null;
}

export interface PreparedRun {
  windowFrom: string | null;
  windowTo: string;
  holdForMs: number;
  lanes: number;
}

export interface ExtractedRun {
  candidates: number;
  changed: number;
  rejected: number;
  chunks: number;
}

export interface ChunkInput {
  run: number;
  chunk: number;
  keyConfirmed: boolean;
  approvedGuards: string[];
  /** What people are told is waited for: the chunk ends early when it is something else by then. */
  waitingShown: string | null;
}

/** End of one chunk attempt; counts are the run's totals at that moment, from its receipts. */
export interface ChunkResult {
  /** False when it stopped early and has to be taken up again. */
  done: boolean;
  hold: HoldReason | null;
  /** What it was waiting for when it ended; null when Braze answers. */
  waiting: Waiting | null;
  /** The run no longer has a lease, so nothing more can be sent or recorded before it is taken again. */
  leaseLost: boolean;
  accepted: number;
  rejected: number;
  requests: number;
}

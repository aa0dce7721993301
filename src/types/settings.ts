import type { DecimalText } from './values';

/** What an attribute can be sent as. */
export const ATTRIBUTE_TYPES = ['number', 'string', 'boolean', 'date'] as const;

export type AttributeType = (typeof ATTRIBUTE_TYPES)[number];

/** One attribute of the mapping. Thresholds are decimal text: binary doubles would move a customer over a band's edge. */
export interface AttributeRule {
  name: string;
  column: string;
  /** Absent: the column's own type. With `bands` the outgoing type is always string. */
  type?: AttributeType;
  decimals?: number;
  /** Ascending by lower bound; the highest bound reached names the band. */
  bands?: { name: string; lower: DecimalText }[];
  hysteresis?: DecimalText;
  minChange?: DecimalText;
  /** Sent only together with another changed attribute. */
  onlyWithOthers: boolean;
  /**
   * The range that the model promises, inclusive. A value outside is counted for a guard and still sent. At least one bound.
   */
  range?: { min?: DecimalText; max?: DecimalText };
  /** The name means Braze's standard field; never false. */
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
  /** A run starts up to this much later, at random; absent: on time. */
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

/** A workspace of Braze, without its key. */
export interface WorkspaceSettings {
  name: string;
  /** Origin of the Braze REST endpoint, no trailing slash. */
  endpoint: string;
  rateLimit: {
    requests: number;
    perSeconds: number;
    share: number;
    /** Per clock hour, in some contracts. */ requestsPerHour?: number;
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
    /**
     * Pause between the last request of one run and the first of the next: Braze does not keep the order of calls in quick
     * succession.
     */
    settleMs: number;
  };
}

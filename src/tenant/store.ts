import type { ModelRunRule, Relation } from '../types/settings';
import type { TenantTime } from '../types/values';

/** A column of the tenant's relation, with the name of its database type (`numeric`, `text`, `timestamptz` …). */
export interface Column {
  name: string;
  databaseType: string;
  /** Digits after the point where the column fixes them, as `numeric(12,2)` does. */
  scale?: number;
}

/** A table or view, for a user who has to choose one. */
export interface TenantTable {
  /** As a config spells it: with its schema where the search path does not lead to it. */
  name: string;
  columns: Column[];
  primaryKey: string[];
}

/** How to read the tenant's relation. Names are the tenant's own. */
export interface RelationShape {
  relation: Relation;
  customerId: string;
  updatedAt: string;
  /** Database types of the two key columns, for typed comparisons. */
  customerIdType: string;
  updatedAtType: string;
  /** Columns to read, in the order in which rows carry them; one may be named more than once. */
  columns: string[];
}

/**
 * One row as the database writes it: every value is its own text or null, so neither microseconds nor decimals are
 * lost on the way (a JavaScript Date cuts microseconds, a double cuts decimals).
 */
export interface TenantRow {
  customerId: string | null;
  updatedAt: TenantTime | null;
  /** In the order of `RelationShape.columns`. */
  values: (string | null)[];
}

/** A position in the order (updated_at, customer id): the last row of the page before. */
export interface WindowPosition {
  updatedAt: TenantTime;
  customerId: string;
}

/** The part of the relation that a run reads, by updated_at. */
export interface Window {
  /** Inclusive; null means from the beginning. */
  from: TenantTime | null;
  /** Inclusive. */
  to: TenantTime;
  /**
   * Times of a column without a zone may be in any local time: the window, which is in UTC, is widened by the zones farthest
   * from UTC. A column with a zone is not affected.
   */
  tolerateUnknownZone: boolean;
}

/** Where a rule's model runs are read from. */
export function modelRunRelation(rule: ModelRunRule & { kind: 'table' | 'query' }): Relation {
  return rule.kind === 'table' ? { table: rule.table } : { query: rule.query };
}

/**
 * How much earlier, and later, than read as UTC a time in a column of this type may be, in hours: without a zone it may be in
 * any zone of the earth, and a date is any moment of its day.
 */
export function zoneToleranceHours(databaseType: string): { earlier: number; later: number } {
  if (databaseType === 'timestamptz') return { earlier: 0, later: 0 };
  return { earlier: databaseType === 'date' ? 36 : 12, later: 14 };
}

/** A completed run of the tenant's model. */
export interface ModelRun {
  id: string;
  completedAt: TenantTime;
  /** How many rows it states it wrote; null: it states none. */
  rows: number | null;
}

/** How a tenant's database is opened. */
export interface TenantOptions {
  /** A query without an answer fails after this long (ms). Default: no timeout. */
  giveUpAfterMs?: number;
}

/**
 * Read-only port to a tenant's database. Every method is one query. Timestamps are the database's own text.
 *
 * @throws {TenantProblem} every method, and nothing else
 */
export interface TenantStore {
  /** Columns of a table or query, in its order. */
  columns(relation: Relation): Promise<Column[]>;
  /** Whether an index of this table begins with these columns; null where that is unknown (a query, a view). */
  hasIndex(relation: Relation, columns: string[]): Promise<boolean | null>;
  /** Tables and views that this user may read, outside the database's own schemas, by name. */
  tables(): Promise<TenantTable[]>;
  /** Models that a table of model runs knows, by name, at most `limit`. */
  models(table: string, limit: number): Promise<string[]>;
  /** The database's own clock, with its zone. */
  clock(): Promise<TenantTime>;
  /** Rows inside the window after a position, ordered by (updated_at, customer id). Rows without an id are not among them. */
  readWindow(shape: RelationShape, window: Window, after: WindowPosition | null, limit: number): Promise<TenantRow[]>;
  /** Rows without updated_at after a customer id, ordered by customer id. */
  readUndated(shape: RelationShape, after: string | null, limit: number): Promise<TenantRow[]>;
  /** Rows of these customers, oldest first; ids that do not fit the column's type are not found. */
  readCustomers(shape: RelationShape, customerIds: string[]): Promise<TenantRow[]>;
  /** Rows inside the window that have no customer id at all; `undated` adds those without updated_at. */
  countWithoutId(shape: RelationShape, window: Window, undated: boolean): Promise<number>;
  /** Rows in the relation, those newer than `to` in any zone, and those without updated_at. */
  countRows(shape: RelationShape, to: TenantTime): Promise<{ total: number; later: number; undated: number }>;
  /** The newest model run completed by the database's clock, or null; with `after`, only one completed later than that. */
  latestModelRun(rule: ModelRunRule & { kind: 'table' | 'query' }, after: TenantTime | null): Promise<ModelRun | null>;
  /** The model run dated furthest beyond the database's clock, or null; it counts as not completed. */
  futureModelRun(rule: ModelRunRule & { kind: 'table' | 'query' }): Promise<Omit<ModelRun, 'rows'> | null>;
  /** Earliest start among the model runs completed after `after`, or null where starts are not recorded. */
  earliestStart(rule: ModelRunRule & { kind: 'table' | 'query' }, after: TenantTime | null): Promise<TenantTime | null>;
  close(): Promise<void>;
}

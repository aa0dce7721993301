import type { ModelRunRule, Relation } from '../types/settings';

/** A column of the tenant's relation, with the name of its database type (`numeric`, `text`, `timestamptz` …). */
export interface Column {
  name: string;
  databaseType: string;
  /** Digits after the point where the column fixes them, as `numeric(12,2)` does. */
  scale?: number;
}

/** A table or view, for whoever has to choose one. */
export interface TenantTable {
  /** As a config spells it: with its schema where the search path does not lead to it. */
  name: string;
  columns: Column[];
  primaryKey: string[];
}

/** What one reader of the tenant's relation needs to know. Names are the tenant's own. */
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
  updatedAt: string | null;
  /** In the order of `RelationShape.columns`. */
  values: (string | null)[];
}

/** A position in the order (updated_at, customer id): the last row of the page before. */
export interface WindowPosition {
  updatedAt: string;
  customerId: string;
}

export interface Window {
  /** Inclusive; null means from the beginning. */
  from: string | null;
  /** Inclusive. */
  to: string;
  /**
   * Times of a column without a zone may be anybody's local time: the window is widened by the zones farthest from UTC, which it
   * is in. A column that knows its zone is not concerned.
   */
  anyZone: boolean;
}

/** Where a rule's model runs are read from. */
export function modelRunRelation(rule: ModelRunRule & { kind: 'table' | 'query' }): Relation {
  return rule.kind === 'table' ? { table: rule.table } : { query: rule.query };
}

/**
 * How much earlier, and later, than UTC says a time in a column of this type may have been meant, in hours: without a zone it may be
 * anybody's, from the earth's last zone to its first, and a date is any moment of its day.
 */
export function slackHours(databaseType: string): { earlier: number; later: number } {
  if (databaseType === 'timestamptz') return { earlier: 0, later: 0 };
  return { earlier: databaseType === 'date' ? 36 : 12, later: 14 };
}

export interface ModelRun {
  id: string;
  completedAt: string;
  /** How many rows it says it wrote; null: it does not say. */
  rows: number | null;
}

export interface TenantOptions {
  /** A question without an answer is given up after this long. Default: it is waited for. */
  giveUpAfterMs?: number;
}

/**
 * Read-only port to a tenant's store. Every method is one question. Rejects with {@link TenantProblem} only.
 * Timestamps travel as the database's own text.
 */
export interface TenantStore {
  /** Columns of a table or query, in its order. */
  columns(relation: Relation): Promise<Column[]>;
  /** Whether an index of this table begins with these columns; null where that cannot be told (a query, a view). */
  hasIndex(relation: Relation, columns: string[]): Promise<boolean | null>;
  /** Tables and views this user may read, outside the database's own schemas, by name. */
  tables(): Promise<TenantTable[]>;
  /** Models that a table of model runs knows, by name, at most `limit`. */
  models(table: string, limit: number): Promise<string[]>;
  /** The database's own clock. */
  clock(): Promise<string>;
  /** Rows inside the window after a position, ordered by (updated_at, customer id). Rows without an id are not among them. */
  readWindow(shape: RelationShape, window: Window, after: WindowPosition | null, limit: number): Promise<TenantRow[]>;
  /** Rows without updated_at after a customer id, ordered by customer id. */
  readUndated(shape: RelationShape, after: string | null, limit: number): Promise<TenantRow[]>;
  /** Rows of these customers, oldest first; ids that cannot be of the column's type are simply not found. */
  readCustomers(shape: RelationShape, customerIds: string[]): Promise<TenantRow[]>;
  /** Rows inside the window that have no customer id at all; `undated` adds those without updated_at. */
  countWithoutId(shape: RelationShape, window: Window, undated: boolean): Promise<number>;
  /** Rows in the relation, those newer than `to` in any zone, and those without updated_at. */
  countRows(shape: RelationShape, to: string): Promise<{ total: number; later: number; undated: number }>;
  /** The newest completed model run, or null; with `after`, only one completed later than that. */
  latestModelRun(rule: ModelRunRule & { kind: 'table' | 'query' }, after: string | null): Promise<ModelRun | null>;
  /** Earliest start among the model runs completed after `after`, or null where starts are not recorded. */
  earliestStart(rule: ModelRunRule & { kind: 'table' | 'query' }, after: string | null): Promise<string | null>;
  close(): Promise<void>;
}

import {
  agedCustomers,
  dueCustomers,
  rejectedCustomers,
  selectedCustomers,
  type RefreshTurn,
  holdersOf,
  acknowledgedCustomers,
} from '../ledger/candidates';
import type { Ledger } from '../ledger/open';
import { stagedCustomers, type Cursor } from '../ledger/outbox';
import type { PreparedRecord } from '../planning/preparedRun';
import type { RelationShape, TenantRow, TenantStore, Window } from '../tenant/store';
import type { SyncSettings } from '../types/settings';

/** Rows per page: enough to hide a page's round trips, few enough that its objects die young (garbage collection). */
export const PAGE_ROWS = 2_000;

/** A page of the source table. */
export interface StorePage {
  /** Where it begins; null at the beginning of the run. */
  cursor: Cursor | null;
  next: Cursor;
  rows: TenantRow[];
  /** Customers that were read by id and have no row; in the `clear` phase, which reads no rows, the customers to clear. */
  missing: string[];
  /** Rows without a customer id, counted with the first page of a run; else 0. */
  withoutId: number;
}

/** What reads the pages of a run. */
export interface Reader {
  /** Null: every customer is new, as in a preview before the first run. */
  ledger: Ledger | null;
  tenant: TenantStore;
  record: ReadRecord;
  shape: RelationShape;
  /** Null: no customer is sent again because of age. */
  refresh: RefreshTurn | null;
  /** A preview's own list of customers, page by page; the list of a run is in the ledger. */
  selected?: (after: string | null, limit: number) => string[];
  /** @default {@link PAGE_ROWS} */
  pageRows?: number;
  /** Called when the rows of a page were read: counting those without an id may take as long again. */
  onProgress?: () => void;
}

/** The fields of a run that decide which rows are read. */
export type ReadRecord = Pick<
  PreparedRecord,
  'run' | 'mode' | 'request' | 'wholeStore' | 'settings' | 'targetId' | 'windowFrom' | 'windowTo'
>;

/**
 * Reads the pages of the phase that a cursor is in, to its end; the `next` of the last page begins the following phase. A
 * phase depends on what the phase before it has left in the ledger, so it may begin only when that one is committed.
 *
 * @throws TenantProblem when the source table cannot be read
 */
export async function* readPhasePages(reader: Reader, from: Cursor | null): AsyncGenerator<StorePage> {
  let page = await nextPage(reader, from);
  while (page !== null) {
    yield page;
    const { phase, updatedAt, customer } = page.next;
    const phaseEnded = updatedAt === null && customer === null;
    page = phaseEnded || phase === 'end' ? null : await nextPage(reader, page.next);
  }
}

/**
 * Reads every page of every phase, for callers that commit nothing in between.
 *
 * @throws TenantProblem when the source table cannot be read
 */
export async function* readPages(reader: Reader): AsyncGenerator<StorePage> {
  let cursor: Cursor | null = null;
  while (cursor?.phase !== 'end') {
    for await (const page of readPhasePages(reader, cursor)) {
      yield page;
      cursor = page.next;
    }
  }
}

/**
 * The phases of a run, in order: rows without updated_at, the window by (updated_at, id), customers by id, customers with aged
 * values, removed customers. A later row of a customer replaces an earlier one; rows without a time count as the oldest.
 */
function phasesOf({ record: { mode, request, wholeStore }, refresh }: Reader): Cursor['phase'][] {
  const aged: Cursor['phase'][] = refresh === null ? [] : ['refresh'];
  if (mode === 'changes') return ['window', 'listed', ...aged, 'end'];
  if (mode === 'full') {
    return ['undated', 'window', ...aged, 'departed', 'end'];
  }
  if (request.clear != null) return ['clear', 'end'];
  if (request.selection !== null) return ['listed', 'end'];
  return wholeStore ? ['undated', 'window', 'end'] : ['window', 'end'];
}

async function nextPage(reader: Reader, cursor: Cursor | null): Promise<StorePage | null> {
  const phases = phasesOf(reader);
  const { phase, updatedAt, customer } = cursor ?? beginningOf(phases[0]!);
  if (phase === 'end') return null;
  const { rows, missing, last } = await readPhase(reader, phase, updatedAt, customer);
  reader.onProgress?.();
  return {
    cursor,
    next: last ?? beginningOf(phases[phases.indexOf(phase) + 1]!),
    rows,
    missing,
    withoutId: cursor === null ? await countWithoutId(reader, phases) : 0,
  };
}

function beginningOf(phase: Cursor['phase']): Cursor {
  return { phase, updatedAt: null, customer: null };
}

interface PhasePage {
  rows: TenantRow[];
  missing: string[];
  /** Null: the phase has been read to its end. */
  last: Cursor | null;
}

const NOTHING_LISTED: PhasePage = { rows: [], missing: [], last: null };

async function readPhase(
  { ledger, tenant, record, shape, refresh, selected, pageRows = PAGE_ROWS }: Reader,
  phase: Exclude<Cursor['phase'], 'end'>,
  updatedAt: string | null,
  customer: string | null,
): Promise<PhasePage> {
  switch (phase) {
    case 'window': {
      const after = updatedAt === null || customer === null ? null : { updatedAt, customerId: customer };
      return positioned(phase, await tenant.readWindow(shape, windowOf(record), after, pageRows), pageRows);
    }
    case 'undated':
      return positioned(phase, await tenant.readUndated(shape, customer, pageRows), pageRows);
    case 'listed': {
      if (selected !== undefined) {
        const listed = selected(customer, pageRows);
        const rows = await tenant.readCustomers(shape, listed);
        return { rows, missing: missingOf(listed, rows), last: lastListed(phase, listed, pageRows) };
      }
      if (ledger === null) return NOTHING_LISTED;
      const { selection } = record.request;
      const due = { targetId: record.targetId, run: record.run, attributes: namesOf(record.settings) };
      const listed =
        selection === null
          ? await dueCustomers(ledger, due, customer, pageRows)
          : await selectedCustomers(ledger, selection, customer, pageRows);
      // Customers that the window has staged are not read twice.
      const staged = await stagedCustomers(ledger, record.run, listed);
      const wanted = listed.filter((id) => !staged.has(id));
      const rows = await tenant.readCustomers(shape, wanted);
      return { rows, missing: missingOf(wanted, rows), last: lastListed(phase, listed, pageRows) };
    }
    case 'refresh': {
      if (ledger === null || refresh === null) return NOTHING_LISTED;
      const listed = await agedCustomers(ledger, { targetId: record.targetId, turn: refresh }, customer, pageRows);
      return {
        rows: await tenant.readCustomers(shape, listed),
        missing: [],
        last: lastListed(phase, listed, pageRows),
      };
    }
    case 'clear': {
      if (ledger === null) return NOTHING_LISTED;
      const holders = { targetId: record.targetId, attribute: record.request.clear! };
      const listed = await holdersOf(ledger, holders, customer, pageRows);
      return { rows: [], missing: listed, last: lastListed(phase, listed, pageRows) };
    }
    case 'departed': {
      if (ledger === null) return NOTHING_LISTED;
      // Unless the config says `clear` nothing is removed at Braze; but rejections of removed customers cannot be retried.
      const list = record.settings.departedCustomers === 'clear' ? acknowledgedCustomers : rejectedCustomers;
      const listed = await list(ledger, record.targetId, customer, pageRows);
      const rows = await tenant.readCustomers(shape, listed);
      return { rows: [], missing: missingOf(listed, rows), last: lastListed(phase, listed, pageRows) };
    }
  }
}

/** A backfill's window is used as the user gave it; the window of another run must not miss a row in any time zone. */
function windowOf({ mode, windowFrom, windowTo }: ReadRecord): Window {
  return { from: windowFrom, to: windowTo, tolerateUnknownZone: mode !== 'backfill' };
}

function namesOf({ attributes }: SyncSettings): string[] {
  return attributes.map(({ name }) => name);
}

function positioned(phase: Cursor['phase'], rows: TenantRow[], pageRows: number): PhasePage {
  const last = rows.length < pageRows ? undefined : rows.at(-1);
  return {
    rows,
    missing: [],
    last: last === undefined ? null : { phase, updatedAt: last.updatedAt, customer: last.customerId },
  };
}

function lastListed(phase: Cursor['phase'], listed: string[], pageRows: number): Cursor | null {
  return listed.length < pageRows ? null : { phase, updatedAt: null, customer: listed.at(-1)! };
}

function missingOf(wanted: string[], rows: TenantRow[]): string[] {
  const found = new Set(rows.map(({ customerId }) => customerId));
  return wanted.filter((id) => !found.has(id));
}

/** Rows without an id have no order, so they cannot be paged: they are counted. */
async function countWithoutId({ tenant, record, shape }: Reader, phases: Cursor['phase'][]): Promise<number> {
  if (!phases.includes('window')) return 0;
  return tenant.countWithoutId(shape, windowOf(record), phases.includes('undated'));
}

/** Which columns are read: one for each attribute, in the order of the mapping. `types`: database type by column. */
export function shapeOf(settings: SyncSettings, types: Record<string, string>): RelationShape {
  return {
    relation: settings.relation,
    customerId: settings.customerId,
    updatedAt: settings.updatedAt,
    customerIdType: types[settings.customerId]!,
    updatedAtType: types[settings.updatedAt]!,
    columns: settings.attributes.map(({ column }) => column),
  };
}

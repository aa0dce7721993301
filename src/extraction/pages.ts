import {
  agedCustomers,
  dueCustomers,
  rejectedCustomers,
  selectedCustomers,
  type RefreshTurn,
  holdersOf,
  knownCustomers,
} from '../ledger/candidates';
import type { Ledger } from '../ledger/open';
import { stagedCustomers, type Cursor } from '../ledger/outbox';
import type { PreparedRecord } from '../planning/preparedRun';
import type { RelationShape, TenantRow, TenantStore, Window } from '../tenant/store';
import type { SyncSettings } from '../types/settings';

/** Rows a page: large enough that a page's round trips do not show, small enough to be forgotten young (garbage collection). */
const PAGE_ROWS = 2_000;

export interface StorePage {
  /** Where it began; null at the very beginning. */
  cursor: Cursor | null;
  next: Cursor;
  rows: TenantRow[];
  /** Customers looked for by id of whom the store has no row. */
  gone: string[];
  /** Rows without a customer id, counted at the very beginning. */
  withoutId: number;
}

export interface Reader {
  /** Null: nothing is known of any customer yet, as in a preview before the first run. */
  ledger: Ledger | null;
  tenant: TenantStore;
  record: ReadRecord;
  shape: RelationShape;
  /** Null: nobody is sent again because of age. */
  refresh: RefreshTurn | null;
  /** A preview's own list of customers, page by page: a run's stands in the ledger. */
  selected?: (after: string | null, limit: number) => string[];
}

/** What of a run decides which rows are read. */
export type ReadRecord = Pick<
  PreparedRecord,
  'run' | 'mode' | 'request' | 'wholeStore' | 'settings' | 'targetId' | 'windowFrom' | 'windowTo'
>;

/**
 * Reads the pages of the phase in which a cursor stands, to its end; the last page's `next` begins the phase after it. A
 * phase asks the ledger what the one before has left there, so it may begin only when that one is committed.
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

/** Reads every page of every phase, for whoever commits nothing in between. */
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
 * The phases of a run, in order: rows without updated_at, the window by (updated_at, id), customers by id, those whose values
 * are old, the departed. A later row of a customer replaces an earlier one, and rows without a time count as the oldest.
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
  const { rows, gone, last } = await readPhase(reader, phase, updatedAt, customer);
  return {
    cursor,
    next: last ?? beginningOf(phases[phases.indexOf(phase) + 1]!),
    rows,
    gone,
    withoutId: cursor === null ? await countWithoutId(reader, phases) : 0,
  };
}

function beginningOf(phase: Cursor['phase']): Cursor {
  return { phase, updatedAt: null, customer: null };
}

interface PhasePage {
  rows: TenantRow[];
  gone: string[];
  /** Null: the phase has been read to its end. */
  last: Cursor | null;
}

const NOTHING_LISTED: PhasePage = { rows: [], gone: [], last: null };

async function readPhase(
  { ledger, tenant, record, shape, refresh, selected }: Reader,
  phase: Exclude<Cursor['phase'], 'end'>,
  updatedAt: string | null,
  customer: string | null,
): Promise<PhasePage> {
  switch (phase) {
    case 'window': {
      const after = updatedAt === null || customer === null ? null : { updatedAt, customerId: customer };
      return positioned(phase, await tenant.readWindow(shape, windowOf(record), after, PAGE_ROWS));
    }
    case 'undated':
      return positioned(phase, await tenant.readUndated(shape, customer, PAGE_ROWS));
    case 'listed': {
      if (selected !== undefined) {
        const listed = selected(customer, PAGE_ROWS);
        const rows = await tenant.readCustomers(shape, listed);
        return { rows, gone: missingOf(listed, rows), last: lastListed(phase, listed) };
      }
      if (ledger === null) return NOTHING_LISTED;
      const { selection } = record.request;
      const due = { targetId: record.targetId, run: record.run, attributes: namesOf(record.settings) };
      const listed =
        selection === null
          ? await dueCustomers(ledger, due, customer, PAGE_ROWS)
          : await selectedCustomers(ledger, selection, customer, PAGE_ROWS);
      // Whoever the window has brought already is not asked for twice.
      const staged = await stagedCustomers(ledger, record.run, listed);
      const wanted = listed.filter((id) => !staged.has(id));
      const rows = await tenant.readCustomers(shape, wanted);
      return { rows, gone: missingOf(wanted, rows), last: lastListed(phase, listed) };
    }
    case 'refresh': {
      if (ledger === null || refresh === null) return NOTHING_LISTED;
      const listed = await agedCustomers(ledger, { targetId: record.targetId, turn: refresh }, customer, PAGE_ROWS);
      return { rows: await tenant.readCustomers(shape, listed), gone: [], last: lastListed(phase, listed) };
    }
    case 'clear': {
      if (ledger === null) return NOTHING_LISTED;
      const holders = { targetId: record.targetId, attribute: record.request.clear! };
      const listed = await holdersOf(ledger, holders, customer, PAGE_ROWS);
      return { rows: [], gone: listed, last: lastListed(phase, listed) };
    }
    case 'departed': {
      if (ledger === null) return NOTHING_LISTED;
      // Nothing is removed at Braze unless the config says so; but whoever is gone has nothing left to try again.
      const list = record.settings.departedCustomers === 'clear' ? knownCustomers : rejectedCustomers;
      const listed = await list(ledger, record.targetId, customer, PAGE_ROWS);
      const rows = await tenant.readCustomers(shape, listed);
      return { rows: [], gone: missingOf(listed, rows), last: lastListed(phase, listed) };
    }
  }
}

/** Whoever asked for a window said which times; a run's own must miss none. */
function windowOf({ mode, windowFrom, windowTo }: ReadRecord): Window {
  return { from: windowFrom, to: windowTo, anyZone: mode !== 'backfill' };
}

function namesOf({ attributes }: SyncSettings): string[] {
  return attributes.map(({ name }) => name);
}

function positioned(phase: Cursor['phase'], rows: TenantRow[]): PhasePage {
  const last = rows.length < PAGE_ROWS ? undefined : rows.at(-1);
  return {
    rows,
    gone: [],
    last: last === undefined ? null : { phase, updatedAt: last.updatedAt, customer: last.customerId },
  };
}

function lastListed(phase: Cursor['phase'], listed: string[]): Cursor | null {
  return listed.length < PAGE_ROWS ? null : { phase, updatedAt: null, customer: listed.at(-1)! };
}

function missingOf(wanted: string[], rows: TenantRow[]): string[] {
  const found = new Set(rows.map(({ customerId }) => customerId));
  return wanted.filter((id) => !found.has(id));
}

/** Rows without an id stand in no order and cannot be paged: they are counted. */
async function countWithoutId({ tenant, record, shape }: Reader, phases: Cursor['phase'][]): Promise<number> {
  if (!phases.includes('window')) return 0;
  return tenant.countWithoutId(shape, windowOf(record), phases.includes('undated'));
}

/** Which columns are read, and their types: one for each attribute, in the mapping's order. */
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

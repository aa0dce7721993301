import {
  PAGE_ROWS,
  readPages,
  readPhasePages,
  type Reader,
  type ReadRecord,
  shapeOf,
  type StorePage,
} from '../../src/extraction/pages';
import type { Cursor } from '../../src/ledger/outbox';
import type { TenantRow, TenantStore, Window } from '../../src/tenant/store';
import type { RunRequest } from '../../src/types/run';
import { rule } from '../attributes/rules';
import { fakeTable, fakeTenant } from '../planning/fakeTenant';
import { syncSettings } from '../planning/settings';

const EVERYTHING: RunRequest = { modelRun: 'latest', since: null, until: null, selection: null, resend: false };
const settings = syncSettings({ attributes: [rule()] });
const TYPES = { customer_id: 'text', updated_at: 'timestamptz', score: 'numeric' };

function row(customerId: string | null, updatedAt: string | null): TenantRow {
  return { customerId, updatedAt, values: ['0.5'] };
}

/** c1, c2 … one a second, from the beginning of a day. */
function datedRows(count: number): TenantRow[] {
  return Array.from({ length: count }, (_, second) =>
    row(`c${second + 1}`, new Date(Date.UTC(2026, 10, 1) + second * 1_000).toISOString()),
  );
}

interface Given extends Partial<Omit<Reader, 'record' | 'tenant'>> {
  rows: TenantRow[];
  record?: Partial<ReadRecord>;
  tenant?: Partial<TenantStore>;
}

function reader({ rows, record, tenant, ...about }: Given): Reader {
  return {
    ledger: null,
    tenant: fakeTenant({ ...fakeTable(rows), ...tenant }),
    record: {
      run: 1,
      mode: 'changes',
      request: EVERYTHING,
      wholeStore: false,
      settings,
      targetId: 1,
      windowFrom: null,
      windowTo: '2026-12-01',
      ...record,
    },
    shape: shapeOf(settings, TYPES),
    refresh: null,
    pageRows: 2,
    ...about,
  };
}

async function all(pages: AsyncIterable<StorePage>): Promise<StorePage[]> {
  const read: StorePage[] = [];
  for await (const page of pages) read.push(page);
  return read;
}

const customers = ({ rows }: StorePage) => rows.map(({ customerId }) => customerId);

const AGED = { olderThanMs: 1, buckets: 1, due: [0] };
const NAMED = { ...EVERYTHING, selection: 'some' };

test.each<[string, Given, string[]]>([
  ['changes', { rows: [], record: {} }, ['window', 'listed', 'end']],
  ['changes that refreshes', { rows: [], refresh: AGED }, ['window', 'listed', 'refresh', 'end']],
  ['full', { rows: [], record: { mode: 'full' } }, ['undated', 'window', 'departed', 'end']],
  [
    'full that refreshes',
    { rows: [], record: { mode: 'full' }, refresh: AGED },
    ['undated', 'window', 'refresh', 'departed', 'end'],
  ],
  ['a backfill', { rows: [], record: { mode: 'backfill', wholeStore: true } }, ['undated', 'window', 'end']],
  ['a backfill of a window', { rows: [], record: { mode: 'backfill' } }, ['window', 'end']],
  ['a backfill of a list', { rows: [], record: { mode: 'backfill', request: NAMED } }, ['listed', 'end']],
  [
    'a backfill that clears',
    { rows: [], record: { mode: 'backfill', request: { ...EVERYTHING, clear: 'score' } } },
    ['clear', 'end'],
  ],
])('the phases of %s, in order', async (_, given, phases) => {
  const pages = await all(readPages(reader(given)));
  // An empty table has one page a phase; the first has no cursor.
  expect(pages.map(({ cursor }) => cursor?.phase ?? phases[0])).toEqual(phases.slice(0, -1));
  expect(pages.map(({ next }) => next)).toEqual(
    phases.slice(1).map((phase) => ({ phase, updatedAt: null, customer: null })),
  );
});

test('a run that clears an attribute does not read the source table', async () => {
  const record = { mode: 'backfill', request: { ...EVERYTHING, clear: 'score' } } as const;
  const clearing = { ...reader({ rows: [], record }), tenant: fakeTenant({}) };
  expect(await all(readPages(clearing))).toMatchObject([{ rows: [], missing: [], next: { phase: 'end' } }]);
});

test('a full page is followed by another page of its phase, and the page after which nothing is left begins the next phase', async () => {
  const rows = datedRows(5);
  const pages = await all(readPages(reader({ rows })));
  expect(pages.map(customers)).toEqual([['c1', 'c2'], ['c3', 'c4'], ['c5'], []]);
  const at = (index: number): Cursor => ({
    phase: 'window',
    updatedAt: rows[index]!.updatedAt,
    customer: rows[index]!.customerId,
  });
  const listed: Cursor = { phase: 'listed', updatedAt: null, customer: null };
  expect(pages.map(({ next }) => next)).toEqual([at(1), at(3), listed, { ...listed, phase: 'end' }]);
  // Each page begins where the one before ended.
  expect(pages.map(({ cursor }) => cursor)).toEqual([null, ...pages.slice(0, -1).map(({ next }) => next)]);
});

test.each([
  [PAGE_ROWS - 1, [PAGE_ROWS - 1]],
  [PAGE_ROWS, [PAGE_ROWS, 0]],
  [PAGE_ROWS + 1, [PAGE_ROWS, 1]],
])('a page takes 2,000 of %i rows', async (count, sizes) => {
  const pages = await all(readPhasePages(reader({ rows: datedRows(count), pageRows: undefined }), null));
  expect(PAGE_ROWS).toBe(2_000);
  expect(pages.map(({ rows }) => rows.length)).toEqual(sizes);
});

test('one phase is read from a cursor to its end', async () => {
  const rows = datedRows(6);
  const cursor: Cursor = { phase: 'window', updatedAt: rows[2]!.updatedAt, customer: 'c3' };
  const pages = await all(readPhasePages(reader({ rows }), cursor));
  expect(pages.map(customers)).toEqual([['c4', 'c5'], ['c6']]);
  expect(pages[0]!.cursor).toEqual(cursor);
  expect(pages.at(-1)!.next).toEqual({ phase: 'listed', updatedAt: null, customer: null });
});

test('the end has no pages', async () => {
  const end: Cursor = { phase: 'end', updatedAt: null, customer: null };
  expect(await all(readPhasePages(reader({ rows: datedRows(1) }), end))).toEqual([]);
});

test('rows without a time are read by id, before those with one', async () => {
  const rows = [row('c3', '2026-11-01'), row('c2', null), row('c1', null), row('c4', null)];
  const pages = await all(readPages(reader({ rows, record: { mode: 'full' } })));
  expect(pages.map(customers)).toEqual([['c1', 'c2'], ['c4'], ['c3'], []]);
  expect(pages[0]!.next).toEqual({ phase: 'undated', updatedAt: null, customer: 'c2' });
});

test.each<[string, Partial<ReadRecord>, number]>([
  ['changes: those of the window', { mode: 'changes', windowFrom: '2026-11-01' }, 1],
  ['full: undated ones too', { mode: 'full' }, 3],
  ['a list has none', { mode: 'backfill', request: NAMED }, 0],
])('rows without an id are counted with the first page (%s)', async (_, record, count) => {
  const rows = [row(null, '2026-10-01'), row(null, '2026-11-02'), row(null, null), row('c1', '2026-11-03')];
  const pages = await all(readPages(reader({ rows, record })));
  expect(pages.map(({ withoutId }) => withoutId)).toEqual([count, ...pages.slice(1).map(() => 0)]);
  expect(pages.flatMap(customers)).not.toContain(null);
});

test.each([
  ['changes', true],
  ['full', true],
  ['backfill', false],
] as const)('the window of %s is widened to any time zone: %s', async (mode, tolerateUnknownZone) => {
  const windows: Window[] = [];
  const tenant: Partial<TenantStore> = {
    async readWindow(_, window) {
      windows.push(window);
      return [];
    },
  };
  await all(readPages(reader({ rows: [], tenant, record: { mode, windowFrom: '2026-11-01' } })));
  expect(windows).toEqual([{ from: '2026-11-01', to: '2026-12-01', tolerateUnknownZone }]);
});

test('a list is read by id, and customers without a row are missing', async () => {
  const list = ['c1', 'c2', 'c4', 'c5', 'c9'];
  const pages = await all(
    readPages(
      reader({
        rows: [row('c1', null), row('c2', '2020-01-01'), row('c3', '2026-11-01'), row('c5', '2026-11-01')],
        record: { mode: 'backfill', request: NAMED },
        selected: (after, limit) => list.filter((one) => after === null || one > after).slice(0, limit),
      }),
    ),
  );
  expect(pages.map(customers)).toEqual([['c1', 'c2'], ['c5'], []]);
  expect(pages.map(({ missing }) => missing)).toEqual([[], ['c4'], ['c9']]);
  expect(pages[0]!.next).toEqual({ phase: 'listed', updatedAt: null, customer: 'c2' });
});

test('the columns that are read are those of the mapping, in its order', () => {
  const attributes = [rule({ name: 'risk', column: 'churn' }), rule({ name: 'score', column: 'churn' })];
  expect(shapeOf(syncSettings({ attributes }), { customer_id: 'int8', updated_at: 'date', churn: 'numeric' })).toEqual({
    relation: { table: 'predictive_attributes' },
    customerId: 'customer_id',
    updatedAt: 'updated_at',
    customerIdType: 'int8',
    updatedAtType: 'date',
    columns: ['churn', 'churn'],
  });
});

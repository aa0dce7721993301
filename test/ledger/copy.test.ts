import * as fc from 'fast-check';
import { selectedCustomers } from '../../src/ledger/candidates';
import { copyField, copyIn } from '../../src/ledger/copy';
import { commitPage, readOutbox, stagedCustomers, type OutboxRow } from '../../src/ledger/outbox';
import { withTransaction } from '../../src/ledger/query';
import { openRun } from '../../src/ledger/runs';
import { selectionExists, storeSelection } from '../../src/ledger/selections';
import { ledgerAlone, type LedgerAlone } from './database';

let alone: LedgerAlone;
beforeAll(async () => {
  alone = await ledgerAlone();
});
afterAll(() => alone.close());

/** Any text that Postgres can hold; the characters that COPY means something by come often. */
const text = fc
  .string({
    unit: fc.oneof(
      {
        weight: 3,
        arbitrary: fc.constantFrom('\\', '\t', '\n', '\r', '\\N', '\\.', '"', "'", 'N', ' ', 'é', '🦊', '\u2028'),
      },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }) },
    ),
  })
  .map((any) => any.replaceAll('\0', ''));

/** What a person may put into a file of customers. */
const ODD = [
  'tab\there',
  'line\nbreak',
  'carriage\rreturn',
  '\r\n',
  'back\\slash',
  '\\N',
  '\\.',
  '\\t',
  "it's",
  '"quoted"',
  '🦊 fox',
  'ﬁ',
  'é',
  'e\u0301',
  ' spaces ',
  '',
  '%',
  '$1',
  '?',
  'null',
  'NULL',
  ',',
];

test('whatever a text contains comes back from COPY as it was', async () => {
  const { ledger } = alone;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(text, text), { maxLength: 20 }), async (rows) => {
      const back = await withTransaction(ledger, async ({ connection }) => {
        await connection.query('create temp table copied (n int, a text, b text) on commit drop');
        const lines = rows.map(([a, b], n) => `${n}\t${copyField(a)}\t${copyField(b)}\n`).join('');
        await copyIn(connection, 'copy copied from stdin', lines);
        return (await connection.query<{ a: string; b: string }>('select a, b from copied order by n')).rows;
      });
      expect(back.map(({ a, b }) => [a, b])).toEqual(rows);
    }),
    { numRuns: 150 },
  );
});

test('a selection keeps odd ids as they are and repeated ones once', async () => {
  const { ledger } = alone;
  const { id, customers } = await storeSelection(ledger, [...ODD, ...ODD, ...ODD.toReversed()]);
  expect(id).toMatch(/^sel_[0-9a-f]{20}$/);
  expect(customers).toBe(ODD.length);
  const stored = await selectedCustomers(ledger, id, null, 100);
  // The empty id has no place in a paging that begins after ''. Nobody is called that.
  expect(new Set(stored)).toEqual(new Set(ODD.filter((one) => one !== '')));
  expect(await selectionExists(ledger, id)).toBe(true);
  expect(await selectionExists(ledger, 'sel_unknown')).toBe(false);
});

test('a selection is paged in byte order, each customer once', async () => {
  const { ledger } = alone;
  const wanted = Array.from({ length: 25_000 }, (_, index) => `customer ${(index * 7919) % 25_000}`);
  const { id, customers } = await storeSelection(ledger, stream(wanted));
  expect(customers).toBe(25_000);
  const paged: string[] = [];
  for (let after: string | null = null; ;) {
    const page = await selectedCustomers(ledger, id, after, 7_000);
    paged.push(...page);
    if (page.length < 7_000) break;
    after = page.at(-1)!;
  }
  expect(paged).toEqual(wanted.toSorted());
});

async function* stream(customers: string[]): AsyncGenerator<string> {
  yield* customers;
}

test('a selection that breaks off in the middle leaves nothing', async () => {
  const { ledger } = alone;
  const count = async () => (await ledger.raw('select count(*)::int as n from selections')).rows[0].n;
  const before = await count();
  async function* broken(): AsyncGenerator<string> {
    for (let index = 0; index < 15_000; index += 1) yield `c${index}`;
    throw new Error('The file ended in the middle of a character.');
  }
  await expect(storeSelection(ledger, broken())).rejects.toThrow('The file ended');
  expect(await count()).toBe(before);
});

test('the outbox keeps ids and bodies as they are, also where a customer is replaced', async () => {
  const { ledger } = alone;
  const run = await openRun(
    ledger,
    {
      sync: 'churn',
      mode: 'changes',
      namespace: 'default',
      workflowId: 'w',
      firstRunId: 'odd',
      request: { modelRun: 'next', since: null, until: null, selection: null, resend: false },
    },
    'extracting',
  );
  const rows = (suffix: string): OutboxRow[] =>
    ODD.map((customer) => {
      const body = JSON.stringify({ external_id: customer, name: `${customer}${suffix}` });
      return {
        customer,
        body,
        newValues: JSON.stringify({ name: `${customer}${suffix}` }),
        valueCount: 1,
        previouslySent: false,
        clears: false,
        refresh: false,
        whole: true,
      };
    });
  const page = {
    run,
    targetId: 1,
    unchanged: [],
    rejections: [],
    resolvedRejections: [],
    countsUnnamed: true,
    figures: { compared: 0, missing: [], outOfRange: [], valued: [] },
    counts: {
      candidates: 0,
      changed: 0,
      plannedValues: 0,
      rejected: 0,
      newlyRejected: 0,
    },
  };
  const next = { phase: 'window', updatedAt: '2026-01-01', customer: 'c\t"1"' } as const;
  await commitPage(ledger, { ...page, cursor: null, next, rows: rows(' first') });
  expect((await readOutbox(ledger, { run, fromSeq: 1, toSeq: 1_000 }, 1_000)).map(({ body }) => body)).toEqual(
    rows(' first').map(({ body }) => body),
  );
  expect(await stagedCustomers(ledger, run, ODD)).toEqual(new Set(ODD));

  await commitPage(ledger, {
    ...page,
    cursor: next,
    next: { ...next, customer: 'z' },
    rows: rows(' again').slice(0, 5),
  });
  expect(
    (await readOutbox(ledger, { run, fromSeq: 1, toSeq: 1_000 }, 1_000)).map(({ seq, body }) => [seq, body]),
  ).toEqual([...rows(' again').slice(0, 5), ...rows(' first').slice(5)].map(({ body }, index) => [index + 1, body]));
});

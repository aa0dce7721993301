import fc from 'fast-check';
import { hashValue, MAX_TRIES, type OpenRejection } from '../../src/ledger/rejections';
import { compare, type PageCase, type Row, sentValues, viewOf } from './pageCase';

const score = fc.constantFrom(null, '0.1', '0.14', '0.5', '7', 'NaN');
const product = fc.constantFrom(null, 'one', 'two', 'x'.repeat(300));
const customer = fc.constantFrom('c1', 'c2', 'c3', 'c4', 'c5');
const id = fc.oneof({ weight: 9, arbitrary: customer }, fc.constantFrom('', ' ', 'x'.repeat(1_000)));

const values = fc.record(
  { score: fc.constantFrom(null, 0.1, 0.5, 7), product: fc.constantFrom(null, 'one', 'two'), left: fc.constant(1) },
  { requiredKeys: [] },
);

const rejection = fc.record<OpenRejection>({
  attribute: fc.constantFrom(null, 'score', 'product', 'left'),
  valueHash: fc.constantFrom('duplicate-id', '', hashValue('NaN'), hashValue('x'.repeat(300)), 'of another value'),
  tries: fc.constantFrom(1, MAX_TRIES),
  run: fc.constant(1),
});

/** One open rejection of an attribute at most, as the ledger has it. */
const rejections = fc.uniqueArray(rejection, { selector: ({ attribute }) => attribute, maxLength: 3 });

/** A page as a run reads it: customers without a row are missing, and are not among the rows. */
const page: fc.Arbitrary<PageCase> = fc
  .record({
    rows: fc.array(fc.tuple(id, score, product), { maxLength: 8 }),
    missing: fc.uniqueArray(customer, { maxLength: 3 }),
    withoutId: fc.nat(3),
    unnamed: fc.nat(3),
    acknowledged: fc.dictionary(customer, values),
    uncertain: fc.dictionary(customer, fc.uniqueArray(fc.constantFrom('score', 'product', 'left'), { minLength: 1 })),
    open: fc.dictionary(id, rejections),
    suppressed: fc.uniqueArray(customer, { maxLength: 2 }),
    policy: fc.record({
      resend: fc.boolean(),
      tryExhausted: fc.boolean(),
      clearDeparted: fc.boolean(),
      partial: fc.boolean(),
    }),
  })
  .map((one) => ({ ...one, missing: one.missing.filter((customerId) => !one.rows.some(([of]) => of === customerId)) }));

const pass = fc.constantFrom('compare', 'refresh') as fc.Arbitrary<PageCase['pass']>;

function withPolicy(given: PageCase, policy: PageCase['policy']): PageCase {
  return { ...given, policy: { ...given.policy, ...policy } };
}

/** Whether Braze takes the id; long and blank ones are rejected. */
function isSendable([customerId]: Row): boolean {
  return customerId.trim() !== '' && customerId.length < 1_000;
}

test('each row read is a candidate, and is staged, unchanged, or rejected as a whole', () => {
  fc.assert(
    fc.property(page, (given) => {
      const {
        rows,
        unchanged,
        counts,
        rejections: recorded,
      } = compare(withPolicy(given, { tryExhausted: true, clearDeparted: false }));
      const read = given.rows!.filter(([customerId]) => !given.suppressed!.includes(customerId));
      const rejected = recorded.filter(({ attribute }) => attribute === null);
      expect(counts.candidates).toBe(read.length + given.withoutId!);
      expect(rows.length + unchanged.length + rejected.length).toBe(counts.candidates);
      expect(rows.length + unchanged.length).toBe(new Set(read.filter(isSendable).map(([of]) => of)).size);
    }),
  );
});

test('the counts are those of the lists', () => {
  fc.assert(
    fc.property(page, pass, (given, which) => {
      const { rows, rejections: recorded, counts } = compare({ ...given, pass: which });
      expect(counts.changed).toBe(rows.length);
      expect(counts.plannedValues).toBe(rows.reduce((sum, { valueCount }) => sum + valueCount, 0));
      expect(counts.rejected).toBe(recorded.length);
      expect(counts.newlyRejected).toBeLessThanOrEqual(counts.rejected);
      for (const row of rows) expect(Object.keys(sentValues(row))).toHaveLength(row.valueCount);
    }),
  );
});

test('a value is staged only where it differs from the acknowledged one or is uncertain', () => {
  fc.assert(
    fc.property(page, (given) => {
      const { acknowledged, uncertain } = viewOf(given);
      for (const row of compare(withPolicy(given, { resend: false })).rows) {
        for (const [name, value] of Object.entries(sentValues(row))) {
          if (uncertain.get(row.customer)?.has(name)) continue;
          expect(acknowledged.get(row.customer)?.[name]).not.toBe(value);
        }
      }
    }),
  );
});

test('a suppressed customer appears nowhere', () => {
  fc.assert(
    fc.property(page, pass, (given, which) => {
      const observed: string[] = [];
      const compared = compare({ ...given, pass: which }, ({ customerId }) => observed.push(customerId));
      const appearing = [
        ...compared.rows.map((row) => row.customer),
        ...compared.unchanged,
        ...compared.rejections.map(({ customerId }) => customerId),
        ...compared.resolvedRejections.map(({ customerId }) => customerId),
        ...observed,
      ];
      for (const customerId of given.suppressed!) expect(appearing).not.toContain(customerId);
    }),
  );
});

test('once what was staged is acknowledged, the same page stages nothing', () => {
  fc.assert(
    fc.property(page, (given) => {
      const first = withPolicy(given, { resend: false });
      const acknowledged = { ...first.acknowledged };
      const uncertain = { ...first.uncertain };
      for (const { customer: of, newValues } of compare(first).rows) {
        acknowledged[of] = JSON.parse(newValues) as Record<string, string | number | null>;
        delete uncertain[of];
      }
      expect(compare({ ...first, acknowledged, uncertain }).rows).toEqual([]);
    }),
  );
});

test('a preview stages of the refresh phase what a run marks as refreshed', () => {
  fc.assert(
    fc.property(page, (given) => {
      const ofRun = compare({ ...given, pass: 'refresh' }).rows.filter(({ refresh }) => refresh);
      expect(compare({ ...given, pass: 'refresh in a preview' }).rows).toEqual(ofRun);
    }),
  );
});

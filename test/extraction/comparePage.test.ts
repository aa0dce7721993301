import { MAX_TRIES } from '../../src/ledger/rejections';
import {
  COUNTS_OTHER,
  compare,
  expected,
  type Expected,
  HELD,
  held,
  OTHER,
  open,
  type PageCase,
  SAME,
  SENT_NOTHING,
  SENT_OTHER,
  summary,
} from './pageCase';

describe('row, acknowledged and uncertain values', () => {
  test.each<[string, PageCase, Partial<Expected>]>([
    [
      'a customer never sent gets every value',
      { rows: [SAME] },
      {
        staged: { c1: { sent: HELD, then: HELD, as: 'whole' } },
        counts: { candidates: 1, changed: 1, plannedValues: 2 },
      },
    ],
    [
      'a value missing in the row is not sent to a new customer, and the object is whole without it',
      { rows: [['c1', '0.5', null]] },
      { staged: { c1: { sent: { score: 0.5 }, then: { score: 0.5 }, as: 'whole' } }, counts: COUNTS_OTHER },
    ],
    ['a new customer without any value has nothing to send', { rows: [['c1', null, null]] }, SENT_NOTHING],
    ['what Braze holds is not sent', { rows: [SAME], ...held }, SENT_NOTHING],
    ['a changed value is sent alone', { rows: [OTHER], ...held }, { staged: SENT_OTHER, counts: COUNTS_OTHER }],
    [
      'an object with every value is whole',
      { rows: [['c1', '0.7', 'two']], ...held },
      {
        staged: {
          c1: {
            sent: { score: 0.7, product: 'two' },
            then: { score: 0.7, product: 'two' },
            as: 'previouslySent whole',
          },
        },
        counts: { candidates: 1, changed: 1, plannedValues: 2 },
      },
    ],
    [
      'an object is also whole when Braze holds no other value of the mapping',
      { rows: [['c1', '0.7', null]], acknowledged: { c1: { score: 0.5, product: null, left: 1 } } },
      {
        staged: {
          c1: { sent: { score: 0.7 }, then: { score: 0.7, product: null, left: 1 }, as: 'previouslySent whole' },
        },
        counts: COUNTS_OTHER,
      },
    ],
    [
      'a value that is missing now is removed',
      { rows: [['c1', '0.5', null]], ...held },
      {
        staged: { c1: { sent: { product: null }, then: { score: 0.5, product: null }, as: 'previouslySent clears' } },
        counts: COUNTS_OTHER,
      },
    ],
    [
      'an uncertain value is sent although it is the acknowledged one',
      { rows: [SAME], ...held, uncertain: { c1: ['product'] } },
      { staged: { c1: { sent: { product: 'one' }, then: HELD, as: 'previouslySent' } }, counts: COUNTS_OTHER },
    ],
    [
      'an uncertain value of a new customer is removed where the row has none',
      { rows: [['c1', null, null]], uncertain: { c1: ['product'] } },
      { staged: { c1: { sent: { product: null }, then: { product: null }, as: 'whole' } }, counts: COUNTS_OTHER },
    ],
    [
      'resend sends what Braze holds',
      { rows: [SAME], ...held, policy: { resend: true } },
      {
        staged: { c1: { sent: HELD, then: HELD, as: 'previouslySent whole' } },
        counts: { candidates: 1, changed: 1, plannedValues: 2 },
      },
    ],
    [
      '… but does not remove a value a second time',
      { rows: [['c1', null, null]], acknowledged: { c1: { score: null, product: null } }, policy: { resend: true } },
      SENT_NOTHING,
    ],
    [
      'a run of some attributes sends no whole object',
      { rows: [SAME], policy: { partial: true } },
      { staged: { c1: { sent: HELD, then: HELD, as: '' } }, counts: { candidates: 1, changed: 1, plannedValues: 2 } },
    ],
  ])('%s', (_, given, then) => {
    expect(summary(compare(given))).toEqual(expected(then));
  });
});

describe('customers without a row', () => {
  const cleared = {
    c1: {
      sent: { score: null, product: null },
      then: { score: null, product: null },
      as: 'previouslySent clears whole',
    },
  };
  test.each<[string, PageCase, Partial<Expected>]>([
    [
      'a removed customer keeps their values, and their rejections are closed',
      { missing: ['c1'], ...held, open: open('score', 'x', MAX_TRIES) },
      { resolved: ['c1 score'] },
    ],
    [
      '… or is cleared where the config says so, without being a candidate',
      { missing: ['c1'], ...held, open: open(null, 'x', MAX_TRIES), policy: { clearDeparted: true } },
      { staged: cleared, resolved: ['c1 all'], counts: { changed: 1, plannedValues: 2 } },
    ],
    [
      '… also of values that Braze only may have',
      { missing: ['c1'], uncertain: { c1: ['left'] }, policy: { clearDeparted: true } },
      {
        staged: { c1: { sent: { left: null }, then: { left: null }, as: 'whole' } },
        counts: { changed: 1, plannedValues: 1 },
      },
    ],
    [
      '… except values that are removed already',
      { missing: ['c1'], acknowledged: { c1: { score: 0.5, product: null } }, policy: { clearDeparted: true } },
      {
        staged: {
          c1: { sent: { score: null }, then: { score: null, product: null }, as: 'previouslySent clears whole' },
        },
        counts: { changed: 1, plannedValues: 1 },
      },
    ],
    [
      '… once',
      { missing: ['c1'], acknowledged: { c1: { score: null, product: null } }, policy: { clearDeparted: true } },
      { unchanged: ['c1'] },
    ],
    [
      'a run that clears an attribute removes it, and its customers are the candidates',
      { missing: ['c1'], ...held, policy: { clear: 'product', partial: true } },
      {
        staged: { c1: { sent: { product: null }, then: { score: 0.5, product: null }, as: 'previouslySent clears' } },
        counts: COUNTS_OTHER,
      },
    ],
    [
      '… also from a profile that only may have it',
      { missing: ['c1'], uncertain: { c1: ['product'] }, policy: { clear: 'product', partial: true } },
      { staged: { c1: { sent: { product: null }, then: { product: null }, as: '' } }, counts: COUNTS_OTHER },
    ],
  ])('%s', (_, given, then) => {
    expect(summary(compare(given))).toEqual(expected(then));
  });
});

describe('a suppressed customer', () => {
  test.each<[string, PageCase]>([
    ['with a row', { rows: [SAME] }],
    ['with a row in the refresh phase', { rows: [SAME], pass: 'refresh' }],
    ['without one', { missing: ['c1'], policy: { clearDeparted: true } }],
    ['with an attribute to remove', { missing: ['c1'], policy: { clear: 'product' } }],
  ])('is treated as if the source table did not have them (%s)', (_, given) => {
    const page = { ...given, ...held, open: open('score', 'x'), suppressed: ['c1'] };
    expect(summary(compare(page))).toEqual(expected({}));
  });
});

describe('figures', () => {
  test('each compared row counts, with its missing values and those outside the declared range', () => {
    const page = compare({
      rows: [
        ['c1', '0.5', null],
        ['c2', '1.2', 'one'],
        ['c3', null, null],
      ],
      acknowledged: { c1: { score: 0.5, product: 'one' }, c3: { score: 0.5 } },
    });
    expect(page.figures).toEqual({ compared: 3, missing: [1, 2], outOfRange: [1, 0], valued: [true, true] });
    expect({ ...page.changes }).toEqual({ score: 2, product: 2 });
  });

  test('an attribute of which only removals are sent has no value', () => {
    const page = compare({ rows: [['c1', '0.5', null]], ...held });
    expect(page.figures.valued).toEqual([false, false]);
    expect({ ...page.changes }).toEqual({ product: 1 });
  });
});

test('each compared customer is observed: with the newest row, or without a row when values are cleared', () => {
  const seen: unknown[] = [];
  const given: PageCase = {
    rows: [SAME, OTHER, [' ', '0.5', 'one']],
    missing: ['c2'],
    acknowledged: { c1: HELD, c2: HELD },
  };
  const observe = (one: unknown) => seen.push(one);
  compare(given, observe);
  const first = { customerId: 'c1', acknowledged: HELD, diff: { changes: { product: 'two' } } };
  expect(seen).toMatchObject([{ ...first, row: { values: OTHER.slice(1) } }]);

  compare({ ...given, rows: [], policy: { clearDeparted: true } }, observe);
  expect(seen[1]).toMatchObject({ customerId: 'c2', row: null, diff: { changes: { score: null, product: null } } });
});

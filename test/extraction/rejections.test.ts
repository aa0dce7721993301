import { UNNAMED_REJECTIONS_KEPT } from '../../src/extraction/pageResult';
import { hashValue, MAX_TRIES } from '../../src/ledger/rejections';
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
  type Row,
  SAME,
  SENT_NOTHING,
  SENT_OTHER,
  summary,
} from './pageCase';

const NOT_FINITE: Row = ['c1', 'NaN', 'one'];

/** Of the object that a row with another product is sent as. */
const REFUSED_OBJECT = hashValue('{"external_id":"c1","_update_existing_only":false,"product":"two"}');

describe('rejections', () => {
  const refused = { rejected: ['c1 score not-finite'], unchanged: ['c1'] };
  test.each<[string, PageCase, Partial<Expected>]>([
    [
      'a value that cannot be sent is rejected, and the others are sent',
      { rows: [['c1', 'NaN', 'two']], ...held },
      {
        staged: SENT_OTHER,
        rejected: ['c1 score not-finite'],
        counts: { candidates: 1, changed: 1, plannedValues: 1, rejected: 1, newlyRejected: 1 },
      },
    ],
    [
      'the same value again is no new rejection',
      { rows: [NOT_FINITE], ...held, open: open('score', hashValue('NaN')) },
      { ...refused, counts: { candidates: 1, rejected: 1 } },
    ],
    [
      'the same value after the last try is not rejected again',
      { rows: [NOT_FINITE], ...held, open: open('score', hashValue('NaN'), MAX_TRIES) },
      SENT_NOTHING,
    ],
    [
      '… unless the run retries exhausted values',
      {
        rows: [NOT_FINITE],
        ...held,
        open: open('score', hashValue('NaN'), MAX_TRIES),
        policy: { tryExhausted: true },
      },
      { ...refused, counts: { candidates: 1, rejected: 1 } },
    ],
    [
      'another value after the last try is a new rejection',
      { rows: [NOT_FINITE], ...held, open: open('score', hashValue('Infinity'), MAX_TRIES) },
      { ...refused, counts: { candidates: 1, rejected: 1, newlyRejected: 1 } },
    ],
    [
      'a value that is again the acknowledged one is resolved',
      { rows: [SAME], ...held, open: open('score', hashValue('NaN'), MAX_TRIES) },
      { ...SENT_NOTHING, resolved: ['c1 score'] },
    ],
    [
      'a value that is sent is not resolved before Braze has accepted it',
      { rows: [OTHER], ...held, open: open('product', hashValue('x')) },
      { staged: SENT_OTHER, counts: COUNTS_OTHER },
    ],
    [
      'a rejected attribute that has left the mapping is not resolved',
      { rows: [SAME], ...held, open: open('left', hashValue('x')) },
      SENT_NOTHING,
    ],
    [
      'an object that Braze refused is resolved when nothing differs any more',
      { rows: [SAME], ...held, open: open(null, REFUSED_OBJECT, MAX_TRIES) },
      { ...SENT_NOTHING, resolved: ['c1 all'] },
    ],
    [
      '… but not by a run of some attributes: another attribute may have been the cause',
      { rows: [SAME], ...held, open: open(null, REFUSED_OBJECT), policy: { partial: true } },
      SENT_NOTHING,
    ],
    [
      'an object that Braze refused is tried again',
      { rows: [OTHER], ...held, open: open(null, REFUSED_OBJECT, MAX_TRIES - 1) },
      { staged: SENT_OTHER, counts: COUNTS_OTHER },
    ],
    [
      '… until the last try: then the rejection stays open and nothing is sent',
      { rows: [OTHER], ...held, open: open(null, REFUSED_OBJECT, MAX_TRIES) },
      SENT_NOTHING,
    ],
    [
      '… unless the run retries exhausted values',
      { rows: [OTHER], ...held, open: open(null, REFUSED_OBJECT, MAX_TRIES), policy: { tryExhausted: true } },
      { staged: SENT_OTHER, counts: COUNTS_OTHER },
    ],
    [
      'another object than the refused one is sent',
      { rows: [OTHER], ...held, open: open(null, hashValue('another'), MAX_TRIES) },
      { staged: SENT_OTHER, counts: COUNTS_OTHER },
    ],
    [
      'of two rows with the same id the last is compared, the other rejected',
      { rows: [SAME, OTHER], ...held },
      {
        staged: SENT_OTHER,
        rejected: ['c1 all duplicate-id'],
        counts: { ...COUNTS_OTHER, candidates: 2, rejected: 1, newlyRejected: 1 },
      },
    ],
    [
      'a second row that was rejected before is no new rejection, and is not resolved',
      { rows: [OTHER, SAME], ...held, open: open(null, 'duplicate-id') },
      { rejected: ['c1 all duplicate-id'], unchanged: ['c1'], counts: { candidates: 2, rejected: 1 } },
    ],
    [
      'a second row that no longer exists is resolved, also by a run of some attributes that sends a value',
      { rows: [OTHER], ...held, open: open(null, 'duplicate-id'), policy: { partial: true } },
      { staged: SENT_OTHER, resolved: ['c1 all'], counts: COUNTS_OTHER },
    ],
    [
      'an id that Braze does not take is rejected',
      {
        rows: [
          [' ', '0.5', 'one'],
          ['c1', '0.5', 'one'],
          ['ada@example.org', '0.5', 'one'],
        ],
        identifier: { kind: 'email' },
        acknowledged: { 'ada@example.org': HELD },
      },
      {
        rejected: ['  all no-customer-id', 'c1 all not-an-email'],
        unchanged: ['ada@example.org'],
        counts: { candidates: 3, rejected: 2, newlyRejected: 2 },
      },
    ],
    [
      'an id that was rejected before is no new rejection, and not rejected after the last try',
      {
        rows: [
          [' ', '0.5', 'one'],
          ['  ', '0.5', 'one'],
        ],
        open: {
          ' ': [{ attribute: null, valueHash: '', tries: 1, run: 1 }],
          '  ': [{ attribute: null, valueHash: '', tries: MAX_TRIES, run: 1 }],
        },
      },
      { rejected: ['  all no-customer-id'], counts: { candidates: 2, rejected: 1 } },
    ],
    [
      'rows without an id are new rejections as far as there are more than before',
      { withoutId: 3, unnamed: 2 },
      {
        rejected: ['– all no-customer-id', '– all no-customer-id', '– all no-customer-id'],
        counts: { candidates: 3, rejected: 3, newlyRejected: 1 },
      },
    ],
    [
      '… none when there are fewer than before',
      { withoutId: 1, unnamed: 2 },
      { rejected: ['– all no-customer-id'], counts: { candidates: 1, rejected: 1 } },
    ],
  ])('%s', (_, given, then) => {
    expect(summary(compare(given))).toEqual(expected(then));
  });

  test('all rows without an id count, but only a limited number is recorded', () => {
    const { rejections, counts } = compare({ withoutId: UNNAMED_REJECTIONS_KEPT + 1 });
    expect(rejections).toHaveLength(UNNAMED_REJECTIONS_KEPT);
    expect(counts).toMatchObject({ candidates: UNNAMED_REJECTIONS_KEPT + 1, rejected: UNNAMED_REJECTIONS_KEPT + 1 });
  });

  test('an id too long for an index is stored as its beginning and its hash', () => {
    const id = 'é'.repeat(1_500);
    const [rejection] = compare({ rows: [[id, '0.5', 'one']] }).rejections;
    expect(rejection).toMatchObject({
      customerId: `${id.slice(0, 500)}… ${hashValue(id)}`,
      reason: 'customer-id-too-long',
    });
  });
});

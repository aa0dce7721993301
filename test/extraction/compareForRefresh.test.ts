import { hashValue } from '../../src/ledger/rejections';
import {
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
  summary,
} from './pageCase';

describe('the refresh phase', () => {
  test.each<[string, PageCase, Partial<Expected>]>([
    [
      'sends unchanged values, which are neither candidates nor changes of known customers',
      { rows: [SAME], ...held },
      { staged: { c1: { sent: HELD, then: HELD, as: 'refresh whole' } }, counts: { changed: 1, plannedValues: 2 } },
    ],
    [
      'sends all values of a changed customer, marked as a change',
      { rows: [OTHER], ...held },
      {
        staged: {
          c1: {
            sent: { score: 0.5, product: 'two' },
            then: { score: 0.5, product: 'two' },
            as: 'previouslySent whole',
          },
        },
        counts: { changed: 1, plannedValues: 2 },
      },
    ],
    [
      'rejects no value, and a value that cannot be sent does not keep the customer due',
      { rows: [['c1', 'NaN', 'one']], ...held },
      {
        staged: { c1: { sent: { product: 'one' }, then: HELD, as: 'refresh whole' } },
        counts: { changed: 1, plannedValues: 1 },
      },
    ],
    [
      'rejects no second row',
      { rows: [OTHER, SAME], ...held },
      { staged: { c1: { sent: HELD, then: HELD, as: 'refresh whole' } }, counts: { changed: 1, plannedValues: 2 } },
    ],
    [
      'has nothing to send where Braze holds no value',
      { rows: [['c1', null, null]], acknowledged: { c1: { score: null, product: null } } },
      { unchanged: ['c1'] },
    ],
    [
      'closes rejections whose cause no longer exists',
      {
        rows: [['c1', null, null]],
        acknowledged: { c1: { score: null, product: null } },
        open: open('score', hashValue('NaN')),
      },
      { unchanged: ['c1'], resolved: ['c1 score'] },
    ],
    [
      'leaves the rejection of a second row open',
      { rows: [OTHER, SAME], ...held, open: open(null, 'duplicate-id') },
      { staged: { c1: { sent: HELD, then: HELD, as: 'refresh whole' } }, counts: { changed: 1, plannedValues: 2 } },
    ],
  ])('%s', (_, given, then) => {
    expect(summary(compare({ ...given, pass: 'refresh' }))).toEqual(expected(then));
  });

  test('a preview skips a changed customer, whom it counted with the window', () => {
    const rows: Row[] = [OTHER, ['c2', '0.5', 'one']];
    const page = { rows, acknowledged: { c1: HELD, c2: HELD } };
    const counts = { changed: 1, plannedValues: 2 };
    const staged = { c2: { sent: HELD, then: HELD, as: 'refresh whole' } };
    expect(summary(compare({ ...page, pass: 'refresh in a preview' }))).toEqual(expected({ staged, counts }));
  });

  test('its rows are not in the figures of the guards, and its values are no changes', () => {
    const page = compare({ rows: [['c1', '1.2', null]], acknowledged: { c1: { score: 1.2 } }, pass: 'refresh' });
    expect(page.figures).toEqual({ compared: 0, missing: [0, 0], outOfRange: [0, 0], valued: [true, false] });
    expect({ ...page.changes }).toEqual({});
  });
});

import { type Comparison, comparisonOf } from '../../src/extraction/comparison';
import { rule } from '../attributes/rules';
import { syncSettings } from '../planning/settings';

type Record = Parameters<typeof comparisonOf>[0];

const record: Record = {
  mode: 'changes',
  request: { modelRun: 'next', since: null, until: null, selection: null, resend: false },
  wholeStore: false,
  settings: syncSettings({ attributes: [rule({ range: { min: '0' } })] }),
  types: { score: 'numeric(12,2)' },
};
const clearing = syncSettings({ attributes: [rule()], departedCustomers: 'clear' });

test.each<[string, Partial<Record>, Partial<Comparison>]>([
  ['a window', {}, {}],
  ['the whole source table, because the mapping has changed', { wholeStore: true }, { tryExhausted: true }],
  ['a full run', { mode: 'full', wholeStore: true }, {}],
  ['a full run that clears removed customers', { mode: 'full', settings: clearing }, { clearDeparted: true }],
  ['changes of a sync that clears removed customers', { settings: clearing }, {}],
  ['a backfill', { mode: 'backfill' }, { tryExhausted: true }],
  ['a resend', { request: { ...record.request, resend: true } }, { resend: true }],
  ['some attributes', { request: { ...record.request, attributes: ['score'] } }, { partial: true }],
  [
    'an attribute to clear',
    { mode: 'backfill', request: { ...record.request, clear: 'score' } },
    { tryExhausted: true, partial: true, clear: 'score' },
  ],
])('the policy of %s', (_, about, policy) => {
  const { settings: __, attributes: ___, ...rest } = comparisonOf({ ...record, ...about });
  const off = { resend: false, tryExhausted: false, clearDeparted: false, partial: false, clear: null };
  expect(rest).toEqual({ ...off, ...policy });
});

test('the mapping is compiled for the types of its columns', () => {
  expect(comparisonOf(record).attributes).toMatchObject([{ name: 'score', kind: 'number', range: expect.anything() }]);
});

import type { LastSync } from '../../src/ledger/watermark';
import { decideWindow, type WindowDecision, type WindowQuestion } from '../../src/planning/decideWindow';

const CLOCK = '2026-11-27 15:00:00+00';
const LAST: LastSync = {
  run: 7,
  windowTo: '2026-11-26 03:00:00+00',
  fingerprint: 'mapping',
  mappingLeft: false,
  modelRun: null,
  modelRunCompletedAt: null,
};
const ANY = { since: null, until: null, selection: null };
const fromBeginning = { from: { time: null }, to: CLOCK };

test.each<[string, Partial<WindowQuestion>, WindowDecision]>([
  ['changes after a sync: from its watermark', {}, { wholeStore: false, from: { watermarkOf: LAST }, to: CLOCK }],
  ['the first run', { last: null }, { wholeStore: true, ...fromBeginning }],
  ['changes with another mapping', { fingerprint: 'another' }, { wholeStore: true, ...fromBeginning }],
  [
    'changes after a run with another mapping has written since',
    { last: { ...LAST, mappingLeft: true } },
    { wholeStore: true, ...fromBeginning },
  ],
  ['full', { mode: 'full' }, { wholeStore: true, ...fromBeginning }],
  ['full before any sync', { mode: 'full', last: null }, { wholeStore: true, ...fromBeginning }],
  ['a backfill of everything', { mode: 'backfill' }, { wholeStore: true, ...fromBeginning }],
  [
    'a backfill since a time',
    { mode: 'backfill', request: { ...ANY, since: '2026-11-01' } },
    { wholeStore: false, from: { time: '2026-11-01' }, to: CLOCK },
  ],
  [
    'a backfill until a time',
    { mode: 'backfill', request: { ...ANY, until: '2026-11-02' } },
    { wholeStore: false, from: { time: null }, to: '2026-11-02' },
  ],
  [
    'a backfill of a window',
    { mode: 'backfill', request: { ...ANY, since: '2026-11-01', until: '2026-11-02' } },
    { wholeStore: false, from: { time: '2026-11-01' }, to: '2026-11-02' },
  ],
  [
    'a backfill of a list',
    { mode: 'backfill', request: { ...ANY, selection: 'some' } },
    { wholeStore: false, ...fromBeginning },
  ],
  [
    'a backfill, whatever the mapping was',
    { mode: 'backfill', fingerprint: 'another' },
    { wholeStore: true, ...fromBeginning },
  ],
])('the window of %s', (_, about, decision) => {
  const question: WindowQuestion = { mode: 'changes', request: ANY, last: LAST, fingerprint: 'mapping', clock: CLOCK };
  expect(decideWindow({ ...question, ...about })).toEqual(decision);
});

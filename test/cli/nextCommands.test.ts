import { holdDeadlineLine, nextCommands } from '../../src/cli/shared/nextCommands';
import type { RunRecord } from '../../src/ledger/runs';
import type { SyncSettings } from '../../src/types/settings';

const DAY_MS = 86_400_000;

function held(change: Partial<RunRecord>): RunRecord {
  const settings = { holdForMs: 6 * DAY_MS } as SyncSettings;
  const stopped = { hold: 2, holdCause: 'guard', stoppedAt: '2026-11-23T05:01:00.000Z', requests: 0 } as const;
  return { ...stopped, sync: 'churn', run: 41, state: 'held', settings, ...change } as RunRecord;
}

test.each([
  ['guard', {}, ['preview churn --run 41', 'approve churn']],
  ['guard', { requests: 7 }, ['rejected churn', 'approve churn']],
  ['unseen-key', {}, ['check', 'approve churn --hold 2', 'retry churn']],
  ['refused-key', {}, ['check', 'retry churn']],
  ['invalid-config', {}, ['check', 'retry churn']],
  // Of an older version, which did not keep the cause.
  [null, {}, ['retry churn', 'approve churn']],
] as const)('held by %s, %p: the right commands, and discard', (holdCause, more, commands) => {
  const lines = nextCommands(held({ holdCause, ...more }));
  expect(lines.map((line) => line.slice(11))).toEqual([...commands, 'discard churn'].map((one) => `peak-braze ${one}`));
});

test('paused: resume or discard; a run that works has no ways on', () => {
  expect(nextCommands(held({ state: 'paused' }))).toEqual([
    '  go on    peak-braze resume churn',
    '  drop     peak-braze discard churn',
  ]);
  expect(nextCommands(held({ state: 'delivering' }))).toEqual([]);
});

test('left alone it ends after holdFor, counted from its first stop', () => {
  expect(holdDeadlineLine(held({}), null)).toMatch(
    /^Nothing was sent, nothing is lost\. Left alone it ends Sun 29 Nov \d\d:01; the next run finds the same changes\.$/,
  );
  expect(holdDeadlineLine(held({ requests: 3 }), null)).toMatch(
    /^What was accepted stays, nothing is lost\. .* finds what is left\.$/,
  );
  // Held before it had its own copy of the sync: the config says how long, where it is at hand.
  expect(holdDeadlineLine(held({ settings: null }), DAY_MS)).toContain('Tue 24 Nov');
  expect(holdDeadlineLine(held({ settings: null }), null)).toBe('Nothing was sent, nothing is lost.');
});

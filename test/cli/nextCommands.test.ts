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
  // Held by an older version, which kept no cause.
  [null, {}, ['retry churn', 'approve churn']],
] as const)('held by %s, %p: the right commands, and discard', (holdCause, more, commands) => {
  const lines = nextCommands(held({ holdCause, ...more }));
  const typedAt = (line: string) => line.slice('  approve  '.length).replace(/ {3}\(.*\)$/, '');
  expect(lines.map(typedAt)).toEqual([...commands, 'discard churn'].map((one) => `npx peak-braze ${one}`));
});

test('paused: resume or discard; a working run has no next steps', () => {
  expect(nextCommands(held({ state: 'paused' }))).toEqual([
    '  resume   npx peak-braze resume churn',
    '  discard  npx peak-braze discard churn',
  ]);
  expect(nextCommands(held({ state: 'delivering' }))).toEqual([]);
});

test('without a decision the run ends after holdFor, counted from its first stop', () => {
  expect(holdDeadlineLine(held({}), null)).toMatch(
    /^Nothing was sent; no data is lost\. If you do nothing, this run ends Sun 29 Nov \d\d:01 and the next one finds the same changes\.$/,
  );
  expect(holdDeadlineLine(held({ requests: 3 }), null)).toMatch(
    /^What Braze accepted stays recorded; no data is lost\. .* sends the rest\.$/,
  );
  // Held before it had its own copy of the sync: the config says how long, where it is known.
  expect(holdDeadlineLine(held({ settings: null }), DAY_MS)).toContain('Tue 24 Nov');
  expect(holdDeadlineLine(held({ settings: null }), null)).toBe('Nothing was sent; no data is lost.');
});

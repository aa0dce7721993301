import type { CarriedState } from '../../src/types/workflow';
import { currentDetails, toProgress } from '../../src/workflows/progress';

const AT = '2026-11-23T06:00:00.000Z';
const after = (seconds: number) => Date.parse(AT) + seconds * 1000;

function state(change: Partial<CarriedState>): CarriedState {
  return {
    run: 1,
    step: 'deliver',
    state: 'delivering',
    since: AT,
    startedAt: AT,
    searchAttributes: true,
    behind: null,
    modelRun: 'm1',
    windowFrom: null,
    windowTo: AT,
    candidates: 4_000,
    changed: 2_000,
    chunks: 2,
    nextChunk: 2,
    unfinished: [],
    chunksDone: 0,
    lanes: 2,
    accepted: 900,
    rejected: 100,
    requests: 20,
    deliveredMs: 0,
    waiting: null,
    paused: false,
    hold: null,
    holds: 0,
    approvedGuards: [],
    keyConfirmed: false,
    stoppedSince: null,
    holdForMs: 1,
    ignored: [],
    announced: null,
    ...change,
  };
}

test('rate and remaining time count the time spent delivering, not pauses and holds', () => {
  expect(toProgress(state({}), after(10))).toMatchObject({ ratePerSecond: 2, etaSeconds: 10 });
  const resumed = state({ since: AT, deliveredMs: 5_000 });
  expect(toProgress(resumed, after(5))).toMatchObject({ ratePerSecond: 2, etaSeconds: 10 });
  const paused = state({ state: 'paused', deliveredMs: 10_000 });
  expect(toProgress(paused, after(3_600))).toMatchObject({ ratePerSecond: 2, etaSeconds: null });
  expect(toProgress(state({ state: 'extracting', requests: 0 }), after(9))).toMatchObject({ ratePerSecond: null });
});

test('a wait shows its beginning, and that no data is lost', () => {
  const waiting = state({ waiting: { for: 'Braze 503', since: AT } });
  expect(toProgress(waiting, after(1)).waiting).toBe(`Braze 503 since ${AT}`);
  expect(currentDetails('churn', waiting)).toContain(
    `Waiting: Braze 503 since ${AT}. It resumes automatically. No data is lost.`,
  );
  expect('waiting' in toProgress(state({}), after(1))).toBe(false);
});

test.each([
  ['guard', 'approval', 'signal `approve` {"hold": 2} or `discard`.'],
  [
    'unseen-key',
    'approval',
    'signal `approve` {"hold": 2} if the key was rotated, `retry` once the old key is restored, or',
  ],
  ['refused-key', 'a fix', 'fix the cause, then signal `retry`, or `discard`.'],
  ['tenant', 'a fix', 'fix the cause, then signal `retry`, or `discard`.'],
] as const)('a hold for the cause %s says what it needs and its next steps', (cause, needs, steps) => {
  const held = state({ state: 'held', hold: { cause, because: 'Something.', number: 2 } });
  const details = currentDetails('churn', held);
  expect(details).toContain(
    `**churn, run 1: held, needs ${needs}.** Something.\n\nHold 2 (${cause}) since ${AT}. No data is lost.`,
  );
  expect(details).toContain(`Next steps: ${steps}`);
});

test('a pause over a hold shows both', () => {
  const hold = { cause: 'guard', because: 'Something.', number: 1 } as const;
  const details = currentDetails('churn', state({ state: 'paused', paused: true, hold }));
  expect(details).toContain(`**churn, run 1: paused** since ${AT}`);
  expect(details).toContain('**churn, run 1: held, needs approval.** Something.\n\nHold 1 (guard). No data is lost.');
});

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

test('a wait is told with its beginning, and that nothing is lost', () => {
  const waiting = state({ waiting: { for: 'Braze 503', since: AT } });
  expect(toProgress(waiting, after(1)).waiting).toBe(`Braze 503 since ${AT}`);
  expect(currentDetails('churn', waiting)).toContain(
    `Waiting: Braze 503 since ${AT}. It goes on by itself; nothing is lost.`,
  );
  expect('waiting' in toProgress(state({}), after(1))).toBe(false);
});

test.each([
  ['guard', 'signal `approve` to send all the same'],
  ['unseen-key', 'signal `approve` with {"hold": 2} if the key was rotated'],
  ['refused-key', 'mend it, then signal `retry`'],
  ['tenant', 'mend it, then signal `retry`'],
] as const)('a hold for the cause %s names its way on', (cause, way) => {
  const held = state({ state: 'held', hold: { cause, because: 'Something.', number: 2 } });
  expect(currentDetails('churn', held)).toContain(`Nothing is lost. Ways on: ${way}`);
  expect(currentDetails('churn', held)).toContain('or signal `discard` to end the run.');
});

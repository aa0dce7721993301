import type { Approval } from '../../src/types/messages';
import type { HoldCause } from '../../src/types/run';
import type { CarriedState } from '../../src/types/workflow';
import { initialState } from '../../src/workflows/initialState';
import { RunControl } from '../../src/workflows/runControl';

/** What signals do to a run that stands like this, before its own flow acts upon them. */
function after(standing: Partial<CarriedState>, signals: (control: RunControl) => void): CarriedState {
  const state = { ...initialState(), run: 1, ...standing };
  signals(new RunControl('churn', state));
  return state;
}

const delivering: Partial<CarriedState> = { state: 'delivering' };
const paused: Partial<CarriedState> = { state: 'paused', paused: true };
function held(cause: HoldCause): Partial<CarriedState> {
  return { state: 'held', holds: 2, hold: { cause, guard: 'maxValues', because: 'Something.', number: 2 } };
}

test('a pause is lifted by a resume; each of them twice changes nothing', () => {
  expect(after(delivering, (control) => control.pause())).toMatchObject({ paused: true, ignored: [] });
  expect(after(paused, (control) => control.pause())).toMatchObject({
    paused: true,
    ignored: ['pause: the run is already paused'],
  });
  expect(after(paused, (control) => control.resume())).toMatchObject({ paused: false, ignored: [] });
  expect(after(delivering, (control) => control.resume()).ignored).toEqual(['resume: the run is not paused']);
  expect(after(held('guard'), (control) => control.resume()).ignored).toEqual([
    'resume: the run is held: retry, approve or discard',
  ]);
});

test.each<[string, Approval | undefined, HoldCause, Partial<CarriedState>]>([
  ['a guard', undefined, 'guard', { approvedGuards: ['maxValues'], ignored: [] }],
  ['a guard by its hold', { hold: 2 }, 'guard', { approvedGuards: ['maxValues'], ignored: [] }],
  [
    'a guard by another hold',
    { hold: 1 },
    'guard',
    { approvedGuards: [], ignored: ['approve: hold 1 is not the current one (2)'] },
  ],
  ['a new key by its hold', { hold: 2 }, 'unseen-key', { keyConfirmed: true, approvedGuards: [], ignored: [] }],
  [
    'a new key without its hold',
    undefined,
    'unseen-key',
    { keyConfirmed: false, ignored: ['approve: a new key needs the number of its hold: {"hold": 2}'] },
  ],
  ...(['refused-key', 'tenant', 'invalid-config', 'workspace-moved', 'wrong-endpoint', 'unsettled'] as const).map(
    (cause): [string, Approval, HoldCause, Partial<CarriedState>] => [
      `a hold for the cause ${cause}`,
      { hold: 2 },
      cause,
      {
        approvedGuards: [],
        keyConfirmed: false,
        ignored: ['approve: this hold needs a fix: fix its cause, then retry'],
      },
    ],
  ),
])('approve of %s', (_what, approval, cause, expected) => {
  expect(after(held(cause), (control) => control.approve(approval))).toMatchObject(expected);
});

test('approve, retry and discard without a hold say what is asked for instead', () => {
  const all = (control: RunControl) => {
    control.approve();
    control.retry();
    control.discard();
  };
  expect(after(delivering, all).ignored).toEqual([
    'approve: the run is not held',
    'retry: the run is not held',
    'discard: the run is neither paused nor held: cancel it instead',
  ]);
  expect(after(paused, all).ignored).toEqual([
    'approve: the run is paused, not held: resume it',
    'retry: the run is paused, not held: resume it',
  ]);
});

test('a retry confirms a key only when the key was refused', () => {
  expect(after(held('refused-key'), (control) => control.retry()).keyConfirmed).toBe(true);
  for (const cause of ['guard', 'unseen-key', 'tenant', 'wrong-endpoint'] as const)
    expect(after(held(cause), (control) => control.retry())).toMatchObject({ keyConfirmed: false, ignored: [] });
});

test('a model run that is announced is kept, also before the run waits for it', () => {
  const announced = after(delivering, (control) => control.modelRunCompleted({ modelRun: 'm42' }));
  expect(announced).toMatchObject({ announced: { modelRun: 'm42' }, ignored: [] });
  expect(after(delivering, (control) => control.modelRunCompleted()).announced).toEqual({ modelRun: null });
});

test('of signals that did not apply the last ten are kept', () => {
  const { ignored } = after(delivering, (control) => {
    for (let hold = 1; hold <= 12; hold += 1) control.resume();
    control.approve();
  });
  expect(ignored).toHaveLength(10);
  expect(ignored.at(-1)).toBe('approve: the run is not held');
});

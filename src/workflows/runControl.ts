import { defineSearchAttributeKey } from '@temporalio/common';
import {
  CancelledFailure,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  ActivityFailure,
  ApplicationFailure,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { HOLD_FAILURE } from '../types/activities';
import type { EndedState, HoldReason, RunState } from '../types/run';
import type { CarriedState, SyncInput } from '../types/workflow';
import { noteState } from './activities';
import * as messages from './messages';
import { inWords, toProgress } from './progress';

const SYNC_NAME = defineSearchAttributeKey('SyncName', 'KEYWORD');
const SYNC_STATE = defineSearchAttributeKey('SyncState', 'KEYWORD');

/** Enough to see what somebody tried; a run signalled without end must not grow. */
const IGNORED_KEPT = 10;

/** Ends the run with what it has done recorded. Thrown and caught inside the workflow only. */
export class EndRun extends Error {
  readonly end: EndedState;

  constructor(end: EndedState) {
    super(end);
    this.end = end;
  }
}

/**
 * What a person can do to a run while it works: the handlers only set flags in `state` and cancel the scope of the
 * running step, everything else happens in the run's own flow. Call it before the first await.
 */
export function takeControl(input: SyncInput, state: CarriedState) {
  let running: CancellationScope | null = null;
  /** A signal asked the running step to stop; whatever way it then ends counts as stopped. */
  let stopping = false;
  let decision: 'go-on' | 'discard' | null = null;

  function stop(): void {
    if (running === null) return;
    stopping = true;
    running.cancel();
  }

  /** A discard that came first stands. */
  function goOn(): void {
    if (decision !== 'discard') decision = 'go-on';
  }

  function ignore(signal: string, why: string): void {
    state.ignored = [...state.ignored, `${signal}: ${why}`].slice(-IGNORED_KEPT);
  }

  setHandler(
    messages.pauseSignal,
    () => {
      if (state.paused) return ignore('pause', 'the run is paused already');
      state.paused = true;
      stop();
    },
    { description: 'Stop before the next request, keep everything, wait for resume' },
  );
  setHandler(
    messages.resumeSignal,
    () => {
      if (!state.paused)
        return ignore(
          'resume',
          state.hold === null ? 'the run is not paused' : 'the run is held: retry, approve or discard',
        );
      state.paused = false;
    },
    { description: 'Go on from where the pause stopped' },
  );
  setHandler(
    messages.retrySignal,
    () => {
      if (state.hold !== null) {
        // Whoever retries after a refused key has put the right one in place.
        if (state.hold.cause === 'refused-key') state.keyConfirmed = true;
        goOn();
      } else if (state.state === 'waiting-for-model-run' || state.state === 'queued') stop();
      else ignore('retry', state.paused ? 'the run is paused: resume' : 'the run is not held');
    },
    { description: 'Out of a hold whose cause is mended: go on from where it stood' },
  );
  setHandler(
    messages.approveSignal,
    (approval) => {
      const { hold } = state;
      if (hold === null) return ignore('approve', state.paused ? 'the run is paused: resume' : 'the run is not held');
      if (approval?.hold !== undefined && approval.hold !== hold.number) {
        return ignore('approve', `hold ${approval.hold} is not the one now shown (${hold.number})`);
      }
      if (hold.cause === 'guard') state.approvedGuards.push(hold.guard!);
      else if (hold.cause === 'unseen-key' && approval?.hold !== undefined) state.keyConfirmed = true;
      else if (hold.cause === 'unseen-key')
        return ignore('approve', `a new key is approved by its hold: {"hold": ${hold.number}}`);
      else return ignore('approve', 'this hold is mended and then retried: retry');
      goOn();
    },
    { description: 'Send in spite of the guard that holds the run; input {"hold": 2} names the hold' },
  );
  setHandler(
    messages.discardSignal,
    () => {
      if (state.hold === null && !state.paused)
        return ignore('discard', 'the run is neither paused nor held: cancel ends it');
      decision = 'discard';
    },
    { description: 'End a paused or held run; the next run finds what is left' },
  );
  setHandler(
    messages.modelRunCompletedSignal,
    (announcement) => {
      state.announced = { modelRun: announcement?.modelRun ?? null };
      if (state.state === 'waiting-for-model-run') stop();
    },
    { description: 'The model run has completed; look now' },
  );
  setHandler(messages.progressQuery, () => toProgress(state, Date.now()), { description: 'Where the run stands' });

  /** Brings the words in the Web UI up to date: costs no history. */
  function show(): void {
    setCurrentDetails(inWords(input.sync, state));
  }

  function showState(): void {
    show();
    if (!state.searchAttributes) return;
    upsertSearchAttributes([
      { key: SYNC_NAME, value: input.sync },
      { key: SYNC_STATE, value: state.state },
    ]);
  }

  /** Shows a state, with the moment it began. */
  function enter(next: RunState): void {
    if (state.state === next) return;
    if (state.state === 'delivering') state.deliveredMs += Date.now() - Date.parse(state.since);
    state.state = next;
    state.since = new Date(Date.now()).toISOString();
    showState();
  }

  /** Tells the ledger too, for those who look when every worker is down. */
  async function enterAndNote(next: Exclude<RunState, EndedState>, hold: HoldReason | null): Promise<void> {
    enter(next);
    if (state.run === 0) return;
    const { cause = null, because = null } = hold ?? {};
    await noteState({ run: state.run, state: next, hold: state.hold?.number ?? null, cause, because });
  }

  /** Waits for a person, at most until `holdFor` after the run's first stop. */
  async function waitForPerson(ready: () => boolean): Promise<void> {
    state.stoppedSince ??= new Date(Date.now()).toISOString();
    const leftMs = Date.parse(state.stoppedSince) + state.holdForMs - Date.now();
    const inTime = leftMs > 0 && (await condition(() => ready() || decision === 'discard', leftMs));
    if (decision === 'discard') throw new EndRun('discarded');
    if (!inTime) throw new EndRun('incomplete');
  }

  async function whilePaused(): Promise<void> {
    // The run was paused or held when it came, and may have gone on before anybody read it.
    if (decision === 'discard') throw new EndRun('discarded');
    if (!state.paused) return;
    await enterAndNote('paused', null);
    await waitForPerson(() => !state.paused);
  }

  /** Holds until a person says how to go on. A pause in between is shown first and has to be lifted first. */
  async function hold(reason: HoldReason): Promise<void> {
    state.holds += 1;
    state.hold = { ...reason, number: state.holds };
    if (decision === 'go-on') decision = null;
    while (decision === null) {
      await whilePaused();
      await enterAndNote('held', reason);
      await waitForPerson(() => decision !== null || state.paused);
    }
    if (decision === 'discard') throw new EndRun('discarded');
    state.hold = null;
    decision = null;
  }

  /** Runs work that a signal may stop. Gives null when it was stopped, however it ended. */
  async function stoppable<T>(work: () => Promise<T>): Promise<T | null> {
    stopping = false;
    running = new CancellationScope({ cancellable: true });
    try {
      const result = await running.run(work);
      if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('The run was cancelled');
      return result;
    } catch (error) {
      // With a dead worker a stopped activity ends as a heartbeat timeout, not as cancelled.
      const ended = isCancellation(error) || error instanceof ActivityFailure;
      if (stopping && ended && !CancellationScope.current().consideredCancelled && holdReason(error) === null)
        return null;
      throw error;
    } finally {
      running = null;
    }
  }

  /** Runs one step to its end: stops while paused, holds on a cause a person must mend, and then begins it again. */
  async function step<T>(shown: Exclude<RunState, EndedState>, work: () => Promise<T>): Promise<T> {
    for (;;) {
      await whilePaused();
      if (workflowInfo().continueAsNewSuggested)
        await continueAsNew<(input: SyncInput) => Promise<unknown>>({ ...input, carried: state });
      // The ledger was told of the stop, so it is told of its end.
      if (state.state === 'paused' || state.state === 'held') await enterAndNote(shown, null);
      else enter(shown);
      // While the ledger was told, nothing was running that a pause could have stopped.
      if (state.paused) continue;
      try {
        const result = await stoppable(work);
        if (result !== null) return result;
      } catch (error) {
        const reason = holdReason(error);
        if (reason === null) throw error;
        await hold(reason);
      }
    }
  }

  return { step, stoppable, hold, enter, show, showState, isStopping: () => stopping, stop };
}

export type Control = ReturnType<typeof takeControl>;

/** What a failed activity says a person must mend, or null when it says no such thing. */
export function holdReason(error: unknown): HoldReason | null {
  if (!(error instanceof ActivityFailure) || !(error.cause instanceof ApplicationFailure)) return null;
  return error.cause.type === HOLD_FAILURE ? (error.cause.details?.[0] as HoldReason) : null;
}

import { condition, workflowInfo } from '@temporalio/workflow';
import type { Approval, ModelRunAnnouncement, Progress, SignalName } from '../types/messages';
import type { EndedState, HoldReason, RunState } from '../types/run';
import type { CarriedState } from '../types/workflow';
import { ContinueRun, EndRun } from './controlFlow';
import { holdReasonOfFailure } from './holdFailure';
import { toProgress } from './progress';
import { RunStatus } from './runStatus';
import { type Stoppable, StoppableScope } from './stoppable';

/** Enough to see what was tried; endless signals must not make the run's state grow. */
const IGNORED_KEPT = 10;

/**
 * What a person can do to a run while it works. A signal only changes the carried state and stops the current step; everything
 * else happens in the run's main flow, in `runStep` and `hold`.
 *
 *     working ── pause ──▶ paused ── resume ──▶ working: the step that was stopped begins again
 *     working ── a reason to hold ──▶ held ── retry, approve ──▶ working: the step begins again
 *     held ── pause ──▶ paused ── resume ──▶ held, or working when retry or approve came meanwhile
 *     paused, held ── discard ──▶ ended: discarded
 *     paused, held ── `holdFor` after the run's first stop ──▶ ended: incomplete
 *
 * Whether `retry` or `approve` ends a hold depends on its cause. Either applies to the hold that was current when it arrived; a
 * discard is final. While the run waits for a model run, `retry` and `modelRunCompleted` make it check again at once; while it
 * is queued, `retry` does. A signal that does not apply changes nothing and is kept in `ignored`.
 */
export class RunControl {
  readonly status: RunStatus;
  private readonly state: CarriedState;
  private readonly work = new StoppableScope();
  /** What a person has decided, until the run's flow has acted upon it. */
  private decision: 'proceed' | 'discard' | null = null;

  constructor(sync: string, state: CarriedState) {
    this.state = state;
    this.status = new RunStatus(sync, state);
  }

  // Signals and the query: synchronous, so no handler is ever unfinished when the run ends or continues as new.

  pause(): void {
    if (this.state.paused) return this.ignore('pause', 'the run is already paused');
    this.state.paused = true;
    this.stop();
  }

  resume(): void {
    if (this.state.paused) this.state.paused = false;
    else if (this.state.hold === null) this.ignore('resume', 'the run is not paused');
    else this.ignore('resume', 'the run is held: retry, approve or discard');
  }

  retry(): void {
    const { state } = this;
    if (state.hold !== null) {
      // A retry after a refused key means that the correct key is configured now.
      if (state.hold.cause === 'refused-key') state.keyConfirmed = true;
      this.proceed();
    } else if (state.state === 'waiting-for-model-run' || state.state === 'queued') this.stop();
    else this.ignore('retry', this.notHeld());
  }

  approve(approval?: Approval): void {
    const { hold } = this.state;
    if (hold === null) return this.ignore('approve', this.notHeld());
    if (approval?.hold !== undefined && approval.hold !== hold.number) {
      return this.ignore('approve', `hold ${approval.hold} is not the current one (${hold.number})`);
    }
    switch (hold.cause) {
      case 'guard':
        this.state.approvedGuards.push(hold.guard!);
        return this.proceed();
      case 'unseen-key':
        if (approval?.hold === undefined)
          return this.ignore('approve', `a new key needs the number of its hold: {"hold": ${hold.number}}`);
        this.state.keyConfirmed = true;
        return this.proceed();
      default:
        return this.ignore('approve', 'this hold needs a fix: fix its cause, then retry');
    }
  }

  discard(): void {
    if (this.state.hold === null && !this.state.paused)
      return this.ignore('discard', 'the run is neither paused nor held: cancel it instead');
    this.decision = 'discard';
  }

  modelRunCompleted(announcement?: ModelRunAnnouncement): void {
    this.state.announced = { modelRun: announcement?.modelRun ?? null };
    if (this.state.state === 'waiting-for-model-run') this.stop();
  }

  progress(): Progress {
    return toProgress(this.state, Date.now());
  }

  // The run's main flow.

  /**
   * Runs one step to its end: waits while paused, holds on a failure that a person must fix, and then begins the step again.
   *
   * @throws ContinueRun before a step that would begin in a long history
   * @throws EndRun when the run is discarded, or was stopped for longer than `holdFor`
   */
  async runStep<T>(shown: Exclude<RunState, EndedState>, work: () => Promise<T>): Promise<T> {
    for (;;) {
      await this.waitWhilePaused();
      if (workflowInfo().continueAsNewSuggested) throw new ContinueRun();
      // The ledger was notified of the stop, so it is notified of its end.
      if (this.state.state === 'paused' || this.state.state === 'held') await this.status.enterAndNote(shown, null);
      else this.status.enter(shown);
      // A pause that came during the notification had no work to stop.
      if (this.state.paused) continue;
      try {
        const ended = await this.stoppable(work);
        if (!ended.stopped) return ended.value;
      } catch (error) {
        const reason = holdReasonOfFailure(error);
        if (reason === null) throw error;
        await this.hold(reason);
      }
    }
  }

  /** Runs work that a signal, or `stop`, may stop; see {@link StoppableScope}. */
  stoppable<T>(work: () => Promise<T>): Promise<Stoppable<T>> {
    return this.work.run(work);
  }

  stop(): void {
    this.work.stop();
  }

  isStopping(): boolean {
    return this.work.isStopping;
  }

  /**
   * Holds until a person decides. A pause in between is shown first, and must be resumed first.
   *
   * @throws EndRun when the run is discarded, or was stopped for longer than `holdFor`
   */
  async hold(reason: HoldReason): Promise<void> {
    this.state.holds += 1;
    this.state.hold = { ...reason, number: this.state.holds };
    if (this.decision === 'proceed') this.decision = null;
    while (this.decision === null) {
      await this.waitWhilePaused();
      await this.status.enterAndNote('held', reason);
      await this.waitForPerson(() => this.decision !== null || this.state.paused, 'hold times out');
    }
    this.endIfDiscarded();
    this.state.hold = null;
    this.decision = null;
  }

  private async waitWhilePaused(): Promise<void> {
    // The discard may have found the run paused or held, and a later signal may have ended that before the flow got here.
    this.endIfDiscarded();
    if (!this.state.paused) return;
    // A pause over a hold still shows why the run is held.
    await this.status.enterAndNote('paused', this.state.hold);
    await this.waitForPerson(() => !this.state.paused, 'pause times out');
  }

  /** Waits for a person, at most until `holdFor` after the run's first stop; the Web UI shows the timer with its summary. */
  private async waitForPerson(isReady: () => boolean, summary: string): Promise<void> {
    const { state } = this;
    state.stoppedSince ??= new Date(Date.now()).toISOString();
    const leftMs = Date.parse(state.stoppedSince) + state.holdForMs - Date.now();
    const decided = () => isReady() || this.decision === 'discard';
    const inTime = leftMs > 0 && (await condition(decided, leftMs, { summary }));
    this.endIfDiscarded();
    if (!inTime) throw new EndRun('incomplete');
  }

  private endIfDiscarded(): void {
    if (this.decision === 'discard') throw new EndRun('discarded');
  }

  /** An earlier discard wins. */
  private proceed(): void {
    if (this.decision !== 'discard') this.decision = 'proceed';
  }

  private notHeld(): string {
    return this.state.paused ? 'the run is paused, not held: resume it' : 'the run is not held';
  }

  private ignore(signal: SignalName, why: string): void {
    this.state.ignored = [...this.state.ignored, `${signal}: ${why}`].slice(-IGNORED_KEPT);
  }
}

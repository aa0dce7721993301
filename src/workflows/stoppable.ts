import { ActivityFailure, CancellationScope, CancelledFailure, isCancellation } from '@temporalio/workflow';
import { holdReasonOfFailure } from './holdFailure';

/** How work ended that a signal may stop. The value may be null: only `stopped` says that there is none. */
export type Stoppable<T> = { stopped: true } | { stopped: false; value: T };

/**
 * Runs one piece of work at a time, in its own cancellation scope: a signal stops the work without cancelling the run.
 *
 *     idle ── run ──▶ running ── the work ends ──────▶ idle: its value, or its failure
 *                        └── stop ──▶ stopping ─┬────▶ idle: its value, when it still ended with one
 *                                               ├────▶ idle: stopped, when it ended as cancelled or by a failed activity
 *                                               └────▶ idle: its failure, when it ended otherwise or with a reason to hold
 *
 * When the run itself is cancelled, the work ends as cancelled in each of these states.
 */
export class StoppableScope {
  private scope: CancellationScope | null = null;
  private stopAsked = false;

  /** Whether the current work was asked to stop. */
  get isStopping(): boolean {
    return this.stopAsked;
  }

  /** Asks the current work to stop; without any, this changes nothing. */
  stop(): void {
    if (this.scope === null) return;
    this.stopAsked = true;
    this.scope.cancel();
  }

  /** @throws CancelledFailure when the run itself was cancelled, and what the work throws unless it was stopped. */
  async run<T>(work: () => Promise<T>): Promise<Stoppable<T>> {
    this.stopAsked = false;
    this.scope = new CancellationScope({ cancellable: true });
    try {
      const value = await this.scope.run(work);
      if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('The run was cancelled');
      return { stopped: false, value };
    } catch (error) {
      if (this.endedByStop(error)) return { stopped: true };
      throw error;
    } finally {
      this.scope = null;
    }
  }

  private endedByStop(error: unknown): boolean {
    if (!this.stopAsked || CancellationScope.current().consideredCancelled) return false;
    // When its worker is dead, a stopped activity ends as a heartbeat timeout, not as cancelled.
    const ended = isCancellation(error) || error instanceof ActivityFailure;
    return ended && holdReasonOfFailure(error) === null;
  }
}

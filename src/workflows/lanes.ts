import { workflowInfo } from '@temporalio/workflow';
import type { ChunkResult } from '../types/activities';
import type { HoldReason } from '../types/run';
import type { CarriedState } from '../types/workflow';
import { postChunk } from './activities';
import type { RunControl } from './runControl';

/** What ended the lanes early. With neither, all chunks are done, or the limit, a signal or a long history ended them. */
export interface LanesEnd {
  hold: HoldReason | null;
  leaseLost: boolean;
}

/**
 * Posts chunks in parallel. Lanes only fill the gaps between chunks: the rate belongs to the workspace.
 *
 *     posting ── a chunk ends with a reason to hold or a lost lease ──▶ stopping: the other running chunks are asked to stop
 *     posting ── a signal asks for a stop ──▶ stopping
 *     posting ── no chunk is left, the limit is reached, or Temporal suggests to continue as new ──▶ ending
 *     stopping, ending: no lane begins another chunk ── the running chunks have ended ──▶ ended
 */
export class Lanes {
  private readonly state: CarriedState;
  private readonly control: RunControl;
  private readonly limit: number;
  private readonly end: LanesEnd = { hold: null, leaseLost: false };
  private begun = 0;

  /** `limit`: the most chunks to begin. A backfill releases the workspace after each round. */
  constructor(state: CarriedState, control: RunControl, limit: number) {
    this.state = state;
    this.control = control;
    this.limit = limit;
  }

  async postChunks(): Promise<LanesEnd> {
    // allSettled, not all: the workspace may not be released while another lane still sends.
    const lanes = await Promise.allSettled(Array.from({ length: this.state.lanes }, () => this.lane()));
    this.state.waiting = null;
    const failed = lanes.find((ended) => ended.status === 'rejected');
    if (failed !== undefined && this.end.hold === null && !this.end.leaseLost) throw failed.reason;
    return this.end;
  }

  /** Between a result and the next chunk there is no await: which of two lanes comes first must be the same in a replay. */
  private async lane(): Promise<void> {
    for (let chunk = this.nextChunk(); chunk !== null; chunk = this.nextChunk()) {
      let done = false;
      try {
        const { run, keyConfirmed, approvedGuards, waiting, chunks } = this.state;
        const result = await postChunk.executeWithOptions({ summary: `chunk ${chunk + 1} of ${chunks}` }, [
          { run, chunk, keyConfirmed, approvedGuards, waitingShown: waiting?.for ?? null },
        ]);
        done = result.done;
        this.count(result);
        this.stopOn(result);
      } finally {
        if (done) this.state.chunksDone += 1;
        else this.state.unfinished.push(chunk);
        this.control.status.show();
      }
    }
  }

  private nextChunk(): number | null {
    const { state } = this;
    if (this.end.hold !== null || this.begun >= this.limit) return null;
    if (this.control.isStopping() || workflowInfo().continueAsNewSuggested) return null;
    const chunk = state.unfinished.shift() ?? (state.nextChunk < state.chunks ? state.nextChunk++ : null);
    if (chunk !== null) this.begun += 1;
    return chunk;
  }

  /** Results of two lanes may arrive in either order; totals only grow. */
  private count({ accepted, rejected, requests, waiting }: ChunkResult): void {
    const { state } = this;
    state.accepted = Math.max(state.accepted, accepted);
    state.rejected = Math.max(state.rejected, rejected);
    state.requests = Math.max(state.requests, requests);
    // Workers of an earlier version do not send it.
    state.waiting = waiting ?? null;
  }

  private stopOn({ hold, leaseLost }: ChunkResult): void {
    this.end.hold ??= hold;
    if (leaseLost) this.end.leaseLost = true;
    if (hold !== null || leaseLost) this.control.stop();
  }
}

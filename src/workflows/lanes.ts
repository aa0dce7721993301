import { workflowInfo } from '@temporalio/workflow';
import type { ChunkResult } from '../types/activities';
import type { HoldReason } from '../types/run';
import type { CarriedState } from '../types/workflow';
import { postChunk } from './activities';
import type { Control } from './runControl';

/**
 * Posts chunks side by side until none is left, a stop is asked for, a lane meets a hold cause or a lost lease, or Temporal asks
 * the run to continue as new; then no lane begins another chunk and the running ones end. Lanes only hide the gaps between chunks:
 * the pace is the workspace's.
 *
 * `limit` bounds how many chunks are begun (a backfill gives the workspace back after each round).
 */
export async function postChunks(
  state: CarriedState,
  control: Control,
  limit: number,
): Promise<{ hold: HoldReason | null; leaseLost: boolean }> {
  let hold: HoldReason | null = null;
  let leaseLost = false;
  let begun = 0;

  function next(): number | null {
    if (hold !== null || begun >= limit || control.isStopping() || workflowInfo().continueAsNewSuggested) return null;
    const chunk = state.unfinished.shift() ?? (state.nextChunk < state.chunks ? state.nextChunk++ : null);
    if (chunk !== null) begun += 1;
    return chunk;
  }

  async function lane(): Promise<void> {
    for (let chunk = next(); chunk !== null; chunk = next()) {
      let done = false;
      try {
        const { run, keyConfirmed, approvedGuards, waiting } = state;
        const result = await postChunk.executeWithOptions({ summary: `chunk ${chunk + 1} of ${state.chunks}` }, [
          { run, chunk, keyConfirmed, approvedGuards, waitingShown: waiting?.for ?? null },
        ]);
        done = result.done;
        count(state, result);
        state.waiting = result.waiting ?? null;
        if (result.hold !== null && hold === null) {
          hold = result.hold;
          control.stop();
        }
        if (result.leaseLost) {
          leaseLost = true;
          control.stop();
        }
      } finally {
        if (done) state.chunksDone += 1;
        else state.unfinished.push(chunk);
        control.show();
      }
    }
  }

  // Settled, not all: the workspace may not be given back while another lane still sends.
  const lanes = await Promise.allSettled(Array.from({ length: state.lanes }, lane));
  state.waiting = null;
  const failed = lanes.find((ended) => ended.status === 'rejected');
  if (failed !== undefined && hold === null && !leaseLost) throw failed.reason;
  return { hold, leaseLost };
}

/** Results of two lanes may arrive in either order; totals only grow. */
function count(state: CarriedState, { accepted, rejected, requests }: ChunkResult): void {
  state.accepted = Math.max(state.accepted, accepted);
  state.rejected = Math.max(state.rejected, rejected);
  state.requests = Math.max(state.requests, requests);
}

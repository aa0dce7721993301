import type { RunState, HoldCause, RunCounts, RunIdentity } from './run';
import type { IsoTime } from './values';

/** What people are told of a run: that it holds, that it goes on, or how it ended. Holds no customer's data and no secret. */
export interface NoticeFacts extends Omit<RunIdentity, 'temporalRunId'> {
  state: RunState;
  since: IsoTime;
  because: string | null;
  hold: number | null;
  holdCause: HoldCause | null;
  counts: Pick<RunCounts, 'changed' | 'accepted' | 'rejected'>;
}

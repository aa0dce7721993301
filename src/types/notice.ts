import type { RunState, HoldCause, RunCounts, RunIdentity } from './run';
import type { IsoTime } from './values';

/** What a notification says about a run: that it is held, that it resumed, or how it ended. No customer data, no secret. */
export interface NoticeFacts extends Omit<RunIdentity, 'temporalRunId'> {
  state: RunState;
  since: IsoTime;
  because: string | null;
  hold: number | null;
  holdCause: HoldCause | null;
  counts: Pick<RunCounts, 'changed' | 'accepted' | 'rejected'>;
}

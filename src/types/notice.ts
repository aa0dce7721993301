import type { Mode, RunState, HoldCause, RunCounts } from './run';

/** What people are told of a run: that it holds, that it goes on, or how it ended. Holds no customer's data and no secret. */
export interface NoticeFacts {
  sync: string;
  run: number;
  workflowId: string;
  mode: Mode;
  state: RunState;
  /** ISO 8601. */
  since: string;
  because: string | null;
  hold: number | null;
  holdCause: HoldCause | null;
  counts: Pick<RunCounts, 'changed' | 'accepted' | 'rejected'>;
}

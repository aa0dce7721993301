import { setRunState } from '../ledger/runs';
import type { EndedState, HoldCause, RunState } from '../types/workflow';
import type { Deps } from './dependencies';
import { tellPeople } from '../notices/sendNotice';

export interface NoteStateInput {
  run: number;
  state: Exclude<RunState, EndedState>;
  hold: number | null;
  /** Absent in runs that an older version began. */
  cause?: HoldCause | null;
  because: string | null;
}

/** Tells the ledger what a person did or has to do, for those who look when no worker answers; and then the people. */
export async function noteState(deps: Deps, { run, state, hold, cause, because }: NoteStateInput): Promise<void> {
  await setRunState(deps.ledger, run, state, {
    ...{ hold: hold ?? undefined, cause: cause ?? undefined, because: because ?? undefined },
  });
  await tellPeople(deps, run);
}

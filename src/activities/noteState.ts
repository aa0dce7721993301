import { setRunState } from '../ledger/runs';
import type { EndedState, RunState } from '../types';
import type { Deps } from './deps';

export interface NoteStateInput {
  run: number;
  state: Exclude<RunState, EndedState>;
  hold: number | null;
  because: string | null;
}

/** Tells the ledger what a person did or has to do, for those who look when no worker answers. */
export async function noteState(deps: Deps, { run, state, hold, because }: NoteStateInput): Promise<void> {
  await setRunState(deps.ledger, run, state, { hold: hold ?? undefined, because: because ?? undefined });
}

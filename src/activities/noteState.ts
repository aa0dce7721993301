import { setRunState } from '../ledger/runState';
import { sendNotice } from '../notices/sendNotice';
import type { NoteStateInput } from '../types/activities';
import type { Deps } from './dependencies';

/**
 * Records in the ledger what a person did or has to do, for commands that run while no worker answers. Then sends the
 * notification.
 */
export async function noteState(deps: Deps, { run, state, hold, cause, because }: NoteStateInput): Promise<void> {
  await setRunState(deps.ledger, run, state, {
    hold: hold ?? undefined,
    cause: cause ?? undefined,
    because: because ?? undefined,
  });
  await sendNotice(deps, run);
}

import { defineSearchAttributeKey } from '@temporalio/common';
import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { EndedState, HoldReason, RunState } from '../types/run';
import { SEARCH_ATTRIBUTES } from '../types/searchAttributes';
import type { CarriedState } from '../types/workflow';
import { noteState } from './activities';
import { currentDetails } from './progress';

const SYNC_NAME = defineSearchAttributeKey(SEARCH_ATTRIBUTES.sync, 'KEYWORD');
const SYNC_STATE = defineSearchAttributeKey(SEARCH_ATTRIBUTES.state, 'KEYWORD');

/** Where a run shows its state: the Web UI's current details, Temporal's search attributes, the ledger. */
export class RunStatus {
  private readonly sync: string;
  private readonly state: CarriedState;

  constructor(sync: string, state: CarriedState) {
    this.sync = sync;
    this.state = state;
  }

  /** Updates the current details in the Web UI. Adds nothing to the history. */
  show(): void {
    setCurrentDetails(currentDetails(this.sync, this.state));
  }

  /** The same, and the search attributes, by which runs are found. */
  showState(): void {
    this.show();
    if (!this.state.searchAttributes) return;
    upsertSearchAttributes([
      { key: SYNC_NAME, value: this.sync },
      { key: SYNC_STATE, value: this.state.state },
    ]);
  }

  /** Shows a state, with the moment it began. */
  enter(next: RunState): void {
    const { state } = this;
    if (state.state === next) return;
    if (state.state === 'delivering') state.deliveredMs += Date.now() - Date.parse(state.since);
    state.state = next;
    state.since = new Date(Date.now()).toISOString();
    this.showState();
  }

  /** Records the state in the ledger too, for commands that run while every worker is down. */
  async enterAndNote(next: Exclude<RunState, EndedState>, hold: HoldReason | null): Promise<void> {
    this.enter(next);
    const { run, hold: held } = this.state;
    if (run === 0) return;
    const { cause = null, because = null } = hold ?? {};
    await noteState({ run, state: next, hold: held?.number ?? null, cause, because });
  }
}

import { setHandler } from '@temporalio/workflow';
import * as messages from './messages';
import type { RunControl } from './runControl';

/**
 * The signals and the query of a run. Registered before the workflow's first await, and in this order: a signal that arrived
 * earlier is handled when its handler is set.
 */
export function registerHandlers(control: RunControl): void {
  setHandler(messages.pauseSignal, () => control.pause(), {
    description: 'Pause the run before its next request; resume continues it',
  });
  setHandler(messages.resumeSignal, () => control.resume(), {
    description: 'Resume a paused run where it stopped',
  });
  setHandler(messages.retrySignal, () => control.retry(), {
    description: 'Retry a held run once its cause is fixed; a waiting run checks again at once',
  });
  setHandler(messages.approveSignal, (approval) => control.approve(approval), {
    description: 'Approve a held run; input {"hold": 2} names the hold',
  });
  setHandler(messages.discardSignal, () => control.discard(), {
    description: 'End a paused or held run; the next run finds what is left',
  });
  setHandler(messages.modelRunCompletedSignal, (announcement) => control.modelRunCompleted(announcement), {
    description: 'Report that the model run has completed; the run checks at once',
  });
  setHandler(messages.progressQuery, () => control.progress(), { description: 'State, counts and rate of the run' });
}

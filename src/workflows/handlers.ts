import { setHandler } from '@temporalio/workflow';
import * as messages from './messages';
import type { RunControl } from './runControl';

/**
 * What operators and systems can say to a run, and ask it. Registered before the workflow's first await, and in this order: signals
 * that came before their handler was set are handled as it is set.
 */
export function registerHandlers(control: RunControl): void {
  setHandler(messages.pauseSignal, () => control.pause(), {
    description: 'Stop before the next request, keep everything, wait for resume',
  });
  setHandler(messages.resumeSignal, () => control.resume(), {
    description: 'Go on from where the pause stopped',
  });
  setHandler(messages.retrySignal, () => control.retry(), {
    description: 'Out of a hold whose cause is mended: go on from where it stood',
  });
  setHandler(messages.approveSignal, (approval) => control.approve(approval), {
    description: 'Send in spite of the guard that holds the run; input {"hold": 2} names the hold',
  });
  setHandler(messages.discardSignal, () => control.discard(), {
    description: 'End a paused or held run; the next run finds what is left',
  });
  setHandler(messages.modelRunCompletedSignal, (announcement) => control.modelRunCompleted(announcement), {
    description: 'The model run has completed; look now',
  });
  setHandler(messages.progressQuery, () => control.progress(), { description: 'Where the run stands' });
}

import { defineQuery, defineSignal, type SignalDefinition } from '@temporalio/workflow';
import { PROGRESS_QUERY, type Progress, type SignalArguments, type SignalName } from '../types/messages';

export const pauseSignal = defineRunSignal('pause');
export const resumeSignal = defineRunSignal('resume');
export const retrySignal = defineRunSignal('retry');
export const approveSignal = defineRunSignal('approve');
export const discardSignal = defineRunSignal('discard');
export const modelRunCompletedSignal = defineRunSignal('modelRunCompleted');

export const progressQuery = defineQuery<Progress>(PROGRESS_QUERY);

function defineRunSignal<Name extends SignalName>(name: Name): SignalDefinition<SignalArguments[Name], Name> {
  return defineSignal(name);
}

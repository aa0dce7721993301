import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { Progress, Approval, ModelRunAnnouncement } from '../types/messages';

export const pauseSignal = defineSignal('pause');
export const resumeSignal = defineSignal('resume');
export const retrySignal = defineSignal('retry');
export const approveSignal = defineSignal<[approval?: Approval]>('approve');
export const discardSignal = defineSignal('discard');
export const modelRunCompletedSignal = defineSignal<[announcement?: ModelRunAnnouncement]>('modelRunCompleted');

export const progressQuery = defineQuery<Progress>('progress');

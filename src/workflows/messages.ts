import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { Progress } from '../types/workflow';

/** Which hold an approval means; without it the one now shown. */
export interface Approval {
  hold?: number;
}

export interface ModelRunAnnouncement {
  modelRun?: string;
}

export const pauseSignal = defineSignal('pause');
export const resumeSignal = defineSignal('resume');
export const retrySignal = defineSignal('retry');
export const approveSignal = defineSignal<[approval?: Approval]>('approve');
export const discardSignal = defineSignal('discard');
export const modelRunCompletedSignal = defineSignal<[announcement?: ModelRunAnnouncement]>('modelRunCompleted');

export const progressQuery = defineQuery<Progress>('progress');

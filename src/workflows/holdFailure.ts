import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import { HOLD_FAILURE } from '../types/activities';
import type { HoldReason } from '../types/run';

/** The reason to hold that a failed activity reports; null when it failed for another reason. */
export function holdReasonOfFailure(error: unknown): HoldReason | null {
  if (!(error instanceof ActivityFailure) || !(error.cause instanceof ApplicationFailure)) return null;
  return error.cause.type === HOLD_FAILURE ? (error.cause.details?.[0] as HoldReason) : null;
}

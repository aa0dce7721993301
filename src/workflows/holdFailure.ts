import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import { HOLD_FAILURE } from '../types/activities';
import type { HoldReason } from '../types/run';

/** What a failed activity says a person must fix, or null when it says no such thing. */
export function holdReasonOfFailure(error: unknown): HoldReason | null {
  if (!(error instanceof ActivityFailure) || !(error.cause instanceof ApplicationFailure)) return null;
  return error.cause.type === HOLD_FAILURE ? (error.cause.details?.[0] as HoldReason) : null;
}

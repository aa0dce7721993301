import { ApplicationFailure, CancelledFailure } from '@temporalio/activity';
import { holdReasonOf } from '../planning/holdError';
import { RunEndedError } from '../planning/preparedRun';
import { waitingSentence } from '../planning/waitingSentence';
import { HOLD_FAILURE } from '../types/activities';

/**
 * Decides what an error means to Temporal: a hold (never retried), or a retry. Messages of pg, knex, undici and Braze are
 * dropped, because they contain customer ids, bodies and keys. A code and our own sentence remain.
 */
export function toFailure(error: unknown): Error {
  if (error instanceof CancelledFailure || error instanceof ApplicationFailure) return error;
  if (error instanceof RunEndedError) return ApplicationFailure.nonRetryable(error.message, 'RunEnded');
  const reason = holdReasonOf(error);
  if (reason !== null) {
    return ApplicationFailure.create({
      type: HOLD_FAILURE,
      message: reason.because,
      nonRetryable: true,
      details: [reason],
    });
  }
  return ApplicationFailure.create({ type: 'Waiting', message: waitingSentence(error), category: 'BENIGN' });
}

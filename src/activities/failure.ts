import { ApplicationFailure, CancelledFailure } from '@temporalio/activity';
import { holdReasonOf } from '../planning/holdError';
import { RunEndedError } from '../planning/preparedRun';
import { waitingSentence } from '../planning/waitingSentence';
import { HOLD_FAILURE } from '../types/activities';

/**
 * Decides what an error means to Temporal: hold (never retried), or wait and try again. No message of pg, knex, undici or
 * Braze passes: they carry customer ids, bodies and keys. What is left is a code and our own sentence.
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

import { ApplicationFailure, CancelledFailure } from '@temporalio/activity';
import { holdReasonOf } from '../planning/holdError';
import { TenantProblem } from '../tenant/problem';
import { HOLD_FAILURE } from '../types/activities';

/**
 * Decides what an error means to Temporal: hold (never retried), or wait and try again. No message of pg, knex, undici or
 * Braze passes: they carry customer ids, bodies and keys. What is left is a code and our own sentence.
 */
export function toFailure(error: unknown): Error {
  if (error instanceof CancelledFailure || error instanceof ApplicationFailure) return error;
  const reason = holdReasonOf(error);
  if (reason !== null) {
    return ApplicationFailure.create({
      type: HOLD_FAILURE,
      message: reason.because,
      nonRetryable: true,
      details: [reason],
    });
  }
  return ApplicationFailure.create({ type: 'Waiting', message: transientSentence(error), category: 'BENIGN' });
}

/** A failure of ours in a sentence: a code, or for a defect its kind and place, never the message. */
export function transientSentence(error: unknown): string {
  if (error instanceof TenantProblem) return error.message;
  if (!(error instanceof Error)) return 'Unexpected failure';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null;
  if (code !== null) return `The ledger does not answer as it should (${code})`;
  if (error.name === 'KnexTimeoutError' || /terminated|timeout/i.test(error.message))
    return 'The ledger does not answer (connection)';
  // Of the place only the file's name: a path tells about the machine.
  const place = /[\\/]([\w.-]+\.[jt]s:\d+)/.exec(error.stack ?? '')?.[1];
  return `Unexpected ${error.name}${place === undefined ? '' : ` at ${place}`}`;
}

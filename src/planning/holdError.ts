import { TenantProblem, isTransient } from '../tenant/problem';
import type { HoldReason } from '../types/run';
import { InvalidConfiguration } from './configuration';

/** A cause that a person must mend: the run holds, says why, and goes on from where it stood. */
export class HoldError extends Error {
  override readonly name = 'HoldError';
  readonly reason: HoldReason;

  constructor(reason: HoldReason) {
    super(reason.because);
    this.reason = reason;
  }
}

/** What a person has to mend about this error, or null when waiting may mend it. */
export function holdReasonOf(error: unknown): HoldReason | null {
  if (error instanceof HoldError) return error.reason;
  if (error instanceof InvalidConfiguration) return { cause: 'invalid-config', because: error.message };
  if (error instanceof TenantProblem && !isTransient(error)) return { cause: 'tenant', because: error.message };
  return null;
}

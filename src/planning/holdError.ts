import { TenantProblem, isTransient } from '../tenant/problem';
import type { HoldReason } from '../types/run';
import { InvalidConfiguration } from './configuration';

/** A cause that needs the operator: the run holds, says why, and resumes from there once it is fixed or approved. */
export class HoldError extends Error {
  override readonly name = 'HoldError';
  readonly reason: HoldReason;

  constructor(reason: HoldReason) {
    super(reason.because);
    this.reason = reason;
  }
}

/** What the operator has to fix about this error; null: a retry may succeed. */
export function holdReasonOf(error: unknown): HoldReason | null {
  if (error instanceof HoldError) return error.reason;
  if (error instanceof InvalidConfiguration) return { cause: 'invalid-config', because: error.message };
  if (error instanceof TenantProblem && !isTransient(error)) return { cause: 'tenant', because: error.message };
  return null;
}

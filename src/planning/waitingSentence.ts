import { TenantProblem } from '../tenant/problem';

/** Describes a failure on our side by its code, or a bug by its kind and place; never by its message. */
export function waitingSentence(error: unknown): string {
  if (error instanceof TenantProblem) return error.message;
  if (!(error instanceof Error)) return 'Unexpected failure';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null;
  if (code !== null) return `The ledger returned an error (${code})`;
  if (error.name === 'KnexTimeoutError' || /terminated|timeout/i.test(error.message))
    return 'The ledger does not answer (connection)';
  // Only the file's name: a path would reveal something of the machine.
  const place = /[\\/]([\w.-]+\.[jt]s:\d+)/.exec(error.stack ?? '')?.[1];
  return `Unexpected ${error.name}${place === undefined ? '' : ` at ${place}`}`;
}

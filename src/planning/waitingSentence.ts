import { TenantProblem } from '../tenant/problem';

/** A failure on our side in a sentence: its code, or for a bug its kind and place, never the message. */
export function waitingSentence(error: unknown): string {
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

/** Kinds that need a fix (the run holds), and the one that is retried until it succeeds (`unavailable`). */
export type TenantProblemKind =
  | 'unavailable'
  | 'access-refused'
  | 'missing-database'
  | 'missing-table'
  | 'missing-column'
  | 'bad-query'
  | 'unsupported-url';

/**
 * The only error that leaves this folder. Its message is our own: a driver's message may carry rows, and a connection
 * string's carries the password.
 */
export class TenantProblem extends Error {
  override readonly name = 'TenantProblem';
  readonly kind: TenantProblemKind;
  /** SQLSTATE or system error code. */
  readonly code: string;

  constructor(kind: TenantProblemKind, code: string, message: string) {
    super(message);
    this.kind = kind;
    this.code = code;
  }
}

/** Whether a retry can succeed without a person. */
export function isTransient(problem: TenantProblem): boolean {
  return problem.kind === 'unavailable';
}

/**
 * Decides what a driver's error means (https://www.postgresql.org/docs/current/errcodes-appendix.html). Anything unknown counts
 * as transient: a wrong guess that waits and says so is better than one that stops a good run.
 *
 * @param what the thing that was read, as the subject of a sentence
 */
export function toTenantProblem(error: unknown, what: string): TenantProblem {
  if (error instanceof TenantProblem) return error;
  const code = codeOf(error);
  if (code === '42P01' || code === '3F000') {
    return new TenantProblem(
      'missing-table',
      code,
      `${what} does not exist in the tenant's database. Check its name and schema.`,
    );
  }
  if (code === '42703')
    return new TenantProblem('missing-column', code, `${what}: a column named in the config does not exist.`);
  if (code === '3D000')
    return new TenantProblem('missing-database', code, "The tenant's database does not exist. Check the source's url.");
  if (code === '42501') {
    return new TenantProblem('access-refused', code, `${what} cannot be read by this database user. Grant it SELECT.`);
  }
  if (code.startsWith('28')) {
    return new TenantProblem(
      'access-refused',
      code,
      "The tenant's database refuses this user or password. Check the source's url.",
    );
  }
  if (code.startsWith('42') || code.startsWith('22') || code === '25006') {
    return new TenantProblem('bad-query', code, `${what} cannot be read as configured (SQLSTATE ${code}).`);
  }
  return new TenantProblem('unavailable', code, `The tenant's database does not answer (${code}).`);
}

function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string')
    return error.code;
  // The driver's own timeouts have no code. Only a text for users depends on this, never a decision.
  if (error instanceof Error && (error.name === 'KnexTimeoutError' || /timeout/i.test(driverMessage(error))))
    return 'TIMEOUT';
  return 'UNKNOWN';
}

/** knex writes the statement in front of the driver's message, and a column may be called anything. */
function driverMessage({ message }: Error): string {
  return message.split(' - ').at(-1)!;
}

/** Exit codes of every command. They are relied on from outside. */
export const EXIT = {
  /** Recorded, or nothing to do. */
  ok: 0,
  /** Ended unrecorded, or something outside the config is broken. */
  failed: 1,
  /** Change the config or the command. */
  usage: 2,
  /** The run is held (with --no-wait-held). */
  held: 3,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A problem for a person: one sentence with its next step, no stack. */
export class CliProblem extends Error {
  override readonly name = 'CliProblem';
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}

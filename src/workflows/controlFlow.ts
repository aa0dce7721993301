import type { EndedState } from '../types/run';

// Errors with which a step leaves the run from any depth. They stay inside the workflow: its main function catches them.

/** The run ends here, with what it has done recorded. */
export class EndRun extends Error {
  readonly end: EndedState;

  constructor(end: EndedState) {
    super(end);
    this.end = end;
  }
}

/** The history of this execution has become long: the run continues in a new one, from its carried state. */
export class ContinueRun extends Error {}

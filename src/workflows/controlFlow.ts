import type { EndedState } from '../types/run';

// How a step leaves the run from wherever it stands. Both are thrown and caught inside the workflow only, by its main function.

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

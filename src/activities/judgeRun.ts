import { judgeGuards } from '../guards/judge';
import type { GuardFigures } from '../guards/guard';
import type { RunRecord } from '../ledger/runs';
import type { Deps } from './deps';
import { HoldError } from './failure';
import { preparedRun } from './runSettings';

export interface JudgeInput {
  run: number;
  approvedGuards: string[];
}

/** Judges what extraction found, before anything is posted. A guard that trips holds the run until a person approves. */
export async function judgeRun(deps: Deps, { run, approvedGuards }: JudgeInput): Promise<{ passed: true }> {
  const record = await preparedRun(deps.ledger, run);
  const trip = judgeGuards(record.settings.guards, figuresOf(record), approvedGuards);
  if (trip !== null)
    throw new HoldError({ cause: 'guard', guard: trip.guard, because: `${trip.sentence}. Nothing was sent.` });
  return { passed: true };
}

/** A run's counts as the guards read them. */
export function figuresOf(record: RunRecord): GuardFigures {
  return {
    knownCustomers: record.knownCustomers,
    changedKnown: record.knownChanged,
    clearedKnown: record.knownCleared,
    changed: record.changed,
    newRejections: record.newlyRejected,
    values: record.plannedValues,
  };
}

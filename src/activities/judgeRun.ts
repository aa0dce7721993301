import { baselineOf } from '../extraction/baseline';
import { figuresOf } from '../extraction/figures';
import { judgeGuards } from '../guards/judge';
import { HoldError } from '../planning/holdError';
import { preparedRun } from '../planning/preparedRun';
import type { JudgeInput } from '../types/activities';
import type { Deps } from './dependencies';

/** Judges what extraction found, before anything is posted. A guard that trips holds the run until a person approves. */
export async function judgeRun(deps: Deps, { run, approvedGuards }: JudgeInput): Promise<{ passed: true }> {
  const record = await preparedRun(deps.ledger, run);
  const usual = await baselineOf(deps.ledger, record.targetId);
  const trip = judgeGuards(record.settings.guards, figuresOf(record), approvedGuards, usual);
  if (trip !== null) throw new HoldError({ cause: 'guard', guard: trip.guard, because: `${trip.sentence}.` });
  return { passed: true };
}

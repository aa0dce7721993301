import { baselineOf } from '../extraction/baseline';
import { figuresOf } from '../extraction/figures';
import { judgeGuards } from '../guards/judge';
import { HoldError } from '../planning/holdError';
import { readPreparedRun } from '../planning/preparedRun';
import type { JudgeInput, JudgeResult } from '../types/activities';
import type { HoldReason } from '../types/run';
import type { Deps } from './dependencies';

/**
 * Judges what extraction found, before anything is posted. A guard that trips is a result, not a failed activity: the workflow holds
 * the run until a person approves.
 *
 * @throws HoldError for a workflow of an earlier version, which does not read the result and would send despite the guard
 */
export async function judgeRun(deps: Deps, { run, approvedGuards, verdict }: JudgeInput): Promise<JudgeResult> {
  const record = await readPreparedRun(deps.ledger, run);
  const usual = await baselineOf(deps.ledger, record.targetId);
  const trip = judgeGuards(record.settings.guards, figuresOf(record), approvedGuards, usual);
  if (trip === null) return { hold: null };
  const hold: HoldReason = { cause: 'guard', guard: trip.guard, because: `${trip.sentence}.` };
  if (verdict !== 'result') throw new HoldError(hold);
  return { hold };
}

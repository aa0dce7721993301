import { setTimeout as sleep } from 'node:timers/promises';
import { changedAttributes, differingProfiles, expectedProfiles, type Profile } from '../../demo/expectedProfiles';
import { scoreWeek, type Score } from '../../demo/scores';
import { publishModelRun } from '../../demo/tenant';
import type { TwoWeeks } from '../../demo/weeks';
import { CliProblem, EXIT } from '../cli/shared/problem';
import { toSummary } from '../ledger/runSummary';
import { findRun } from '../ledger/runs';
import { startRun } from '../temporal/runs';
import { hasEnded, type RunSummary } from '../types/run';
import type { DemoEnvironment } from './demoEnvironment';

/** One weekly model run and its sync. */
export interface Week {
  week: 1 | 2;
  scored: number;
  /** Customers for whom {@link expectedProfiles} expects another profile than before. */
  expectedChanged: number;
  sync: RunSummary;
  /** From the start of the run to its record. */
  tookMs: number;
}

/** A customer's profile at Braze before and after the second sync. */
export interface Example {
  customerId: string;
  before: Record<string, unknown>;
  after: Record<string, unknown>;
}

/** How many profiles the source table expects, and how many at Braze differ from it. */
export interface DemoVerdict {
  profiles: number;
  differing: number;
}

interface DemoResult {
  weeks: [Week, Week];
  example: Example | null;
  verdict: DemoVerdict;
}

const POLL_EVERY_MS = 100;

/**
 * Publishes two model runs a week apart, syncs each through the real pipeline, and compares every profile with the source table.
 *
 * @throws CliProblem when the model cannot be fitted, a run is held or the worker ends
 */
export async function playDemo(
  environment: DemoEnvironment,
  { transactions, modelRunDays }: TwoWeeks,
  show: { week(week: Week): void; example(example: Example): void },
): Promise<DemoResult> {
  const [firstDay, secondDay] = modelRunDays;
  const { tenantUrl } = environment;

  const firstScores = scored(transactions, firstDay);
  await publishModelRun(tenantUrl, { id: 'm1', model: 'churn', scores: firstScores });
  const first = await expectedProfiles(tenantUrl, new Map());
  const week1 = await sync(environment, { week: 1, scored: firstScores.length, expectedChanged: first.size });
  show.week(week1);

  const secondScores = scored(transactions, secondDay);
  await publishModelRun(tenantUrl, { id: 'm2', model: 'churn', scores: secondScores });
  const second = await expectedProfiles(tenantUrl, first);
  const customerId = exampleOf(first, second);
  const before = customerId === null ? null : await profileAtBraze(environment, customerId);
  const expectedChanged = [...second].filter(([id, profile]) => differs(first.get(id), profile)).length;
  const week2 = await sync(environment, { week: 2, scored: secondScores.length, expectedChanged });
  show.week(week2);

  const example =
    customerId === null || before === null
      ? null
      : { customerId, before, after: (await profileAtBraze(environment, customerId)) ?? {} };
  if (example !== null) show.example(example);

  const differing = differingProfiles(second, environment.braze.profiles());
  return { weeks: [week1, week2], example, verdict: { profiles: second.size, differing: differing.length } };
}

function scored(transactions: TwoWeeks['transactions'], day: number): Score[] {
  const scores = scoreWeek(transactions, day);
  const usable = scores.every(
    ({ churn_probability, predicted_value }) => Number.isFinite(churn_probability) && Number.isFinite(predicted_value),
  );
  if (scores.length > 0 && usable) return scores;
  throw new CliProblem(
    `The model cannot be fitted to a shop of ${scores.length} customers. Use more customers or a longer log.`,
    EXIT.usage,
  );
}

/** Starts a run as the schedule would and waits until it is recorded. */
async function sync(
  environment: DemoEnvironment,
  week: Pick<Week, 'week' | 'scored' | 'expectedChanged'>,
): Promise<Week> {
  const startedAtMs = Date.now();
  const run = await startRun(environment.temporal, { sync: 'churn' }, 'run');
  let workerEnded = false;
  const ended = environment.workerEnded.then(
    () => (workerEnded = true),
    () => (workerEnded = true),
  );
  for (;;) {
    const record = await findRun(environment.ledger, run.firstRunId);
    if (record !== null && hasEnded(record.state)) {
      return { ...week, sync: toSummary(record), tookMs: Date.now() - startedAtMs };
    }
    if (record?.state === 'held') {
      throw new CliProblem(`The run of week ${week.week} is held: ${record.heldBecause}`, EXIT.failed);
    }
    if (workerEnded) {
      throw new CliProblem(`The worker ended in week ${week.week}; see worker.log in the demo's folder.`, EXIT.failed);
    }
    await Promise.race([sleep(POLL_EVERY_MS), ended]);
  }
}

/** A customer whose band changed; preferably upwards, together with the probability, and with nothing else changed. */
function exampleOf(before: ReadonlyMap<string, Profile>, after: ReadonlyMap<string, Profile>): string | null {
  let best: string | null = null;
  let bestMerit = 0;
  for (const [id, now] of after) {
    const was = before.get(id);
    if (was === undefined || was.churn_risk === now.churn_risk) continue;
    const changed = changedAttributes(was, now);
    const merit =
      1 +
      (Number(now.churn_probability) > Number(was.churn_probability) ? 8 : 0) +
      (changed.includes('churn_probability') ? 4 : 0) +
      (changed.includes('predicted_value') ? 0 : 2) +
      (changed.includes('next_best_product') ? 0 : 1);
    if (merit > bestMerit) [best, bestMerit] = [id, merit];
  }
  return best;
}

function differs(before: Profile | undefined, after: Profile): boolean {
  return before === undefined || changedAttributes(before, after).length > 0;
}

/** Read over HTTP, as a marketer's tools would. */
async function profileAtBraze({ braze }: DemoEnvironment, customerId: string): Promise<Record<string, unknown> | null> {
  const response = await fetch(`${braze.url}/emulator/profiles/${encodeURIComponent(customerId)}`);
  return response.ok ? ((await response.json()) as Record<string, unknown>) : null;
}

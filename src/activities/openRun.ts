import { activityInfo, ApplicationFailure } from '@temporalio/activity';
import { openRun as openInLedger, readRun } from '../ledger/runs';
import { InvalidInput, readRunInput, type RunInput } from '../planning/runInput';
import type { OpenedRun, OpenRunInput } from '../types/activities';
import type { Deps } from './dependencies';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Opens the run's row, once per chain of executions, and returns what the workflow needs before it has a lease. */
export async function openRun(deps: Deps, input: OpenRunInput): Promise<OpenedRun> {
  const { workflowExecution, workflowNamespace } = activityInfo();
  const { sync, mode, request } = read(input);
  const run = await openInLedger(
    deps.ledger,
    {
      sync,
      mode,
      namespace: workflowNamespace!,
      workflowId: workflowExecution!.workflowId,
      firstRunId: input.firstRunId,
      request,
    },
    mode === 'backfill' ? 'queued' : 'waiting-for-model-run',
  );
  const { startedAt } = await readRun(deps.ledger, run);
  return { run, startedAt, holdForMs: holdForMsOf(deps, sync), searchAttributes: deps.searchAttributes };
}

/** An invalid file holds the run later, with its reason; until then `holdFor` is one day. */
function holdForMsOf(deps: Deps, sync: string): number {
  try {
    return deps.readConfiguration().syncs[sync]?.holdForMs ?? DAY_MS;
  } catch {
    return DAY_MS;
  }
}

/** A run with invalid input fails at once, with the reason: no retry would read it differently. */
function read(input: OpenRunInput): RunInput {
  try {
    return readRunInput(input.raw === undefined ? rawOfEarlierVersion(input) : input.raw);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    throw ApplicationFailure.nonRetryable(`This run cannot start: ${error.message.replace(/\.?$/, '.')}`, error.name);
  }
}

/** A workflow of an earlier version passed its fields one by one, with null for those it did not have. */
function rawOfEarlierVersion(input: OpenRunInput): unknown {
  const { sync, mode, modelRun, since, until, selection, resend, attributes, clear } = input;
  const fields = { sync, mode, modelRun, since, until, selection, resend, attributes, clear };
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));
  const hasPart = [since, until, selection, clear].some((part) => part !== null && part !== undefined);
  return mode === 'backfill' && !hasPart ? { ...given, everything: true } : given;
}

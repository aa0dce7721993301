import { activityInfo, ApplicationFailure } from '@temporalio/activity';
import { openRun as openInLedger, readRun } from '../ledger/runs';
import type { Mode, ModelRunChoice, OpenedRun, OpenRunInput } from '../types';
import type { Deps } from './deps';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Opens the run's row, once per chain of executions, and tells the workflow what it needs before it has a lease. */
export async function openRun(deps: Deps, input: OpenRunInput): Promise<OpenedRun> {
  const { workflowExecution, workflowNamespace } = activityInfo();
  const { firstRunId, sync, mode, modelRun, since, until, selection, resend } = input;
  refuseUnknown(input);
  const run = await openInLedger(
    deps.ledger,
    {
      sync,
      mode,
      namespace: workflowNamespace!,
      workflowId: workflowExecution!.workflowId,
      firstRunId,
      request: { modelRun, since, until, selection, resend },
    },
    mode === 'backfill' ? 'queued' : 'waiting-for-model-run',
  );
  const { startedAt } = await readRun(deps.ledger, run);
  return { run, startedAt, holdForMs: holdFor(deps, sync), searchAttributes: deps.searchAttributes };
}

/** An invalid file holds the run later, with its reason; until then a day is how long it may be held. */
function holdFor(deps: Deps, sync: string): number {
  try {
    return deps.readConfiguration().syncs[sync]?.holdForMs ?? DAY_MS;
  } catch {
    return DAY_MS;
  }
}

const MODES: readonly Mode[] = ['changes', 'full', 'backfill'];
const MODEL_RUN_CHOICES: readonly ModelRunChoice[] = ['next', 'latest'];

/** Input typed by hand into the Web UI: what means nothing ends at once, saying what was meant. */
function refuseUnknown({ sync, mode, modelRun }: OpenRunInput): void {
  let wrong: string | null = null;
  if (typeof sync !== 'string' || sync === '') wrong = 'the input names no sync, as in {"sync": "churn"}';
  else if (!MODES.includes(mode)) wrong = `mode is one of ${MODES.join(', ')}`;
  else if (!MODEL_RUN_CHOICES.includes(modelRun)) wrong = `modelRun is one of ${MODEL_RUN_CHOICES.join(', ')}`;
  if (wrong !== null) throw ApplicationFailure.nonRetryable(`This run cannot begin: ${wrong}.`, 'InvalidInput');
}

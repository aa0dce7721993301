import { activityInfo, ApplicationFailure } from '@temporalio/activity';
import { openRun as openInLedger, readRun } from '../ledger/runs';
import type { OpenedRun, OpenRunInput } from '../types/activities';
import type { Mode, ModelRunChoice } from '../types/run';
import type { Deps } from './dependencies';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Opens the run's row, once per chain of executions, and returns what the workflow needs before it has a lease. */
export async function openRun(deps: Deps, input: OpenRunInput): Promise<OpenedRun> {
  const { workflowExecution, workflowNamespace } = activityInfo();
  const { firstRunId, sync, mode, modelRun, since, until, selection, resend } = input;
  const { attributes = null, clear = null } = input;
  refuseUnknown(input);
  const run = await openInLedger(
    deps.ledger,
    {
      sync,
      mode,
      namespace: workflowNamespace!,
      workflowId: workflowExecution!.workflowId,
      firstRunId,
      request: { modelRun, since, until, selection, resend, attributes, clear },
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

const MODES: readonly Mode[] = ['changes', 'full', 'backfill'];
const MODEL_RUN_CHOICES: readonly ModelRunChoice[] = ['next', 'latest'];

/** People type input into the Web UI: a run with invalid input fails at once, with the reason. */
function refuseUnknown(input: OpenRunInput): void {
  const { sync, mode, modelRun, since, until, selection, attributes = null, clear = null } = input;
  let wrong: string | null = null;
  if (typeof sync !== 'string' || sync === '') wrong = 'the input must name a sync, as in {"sync": "churn"}';
  else if (!MODES.includes(mode)) wrong = `mode must be one of ${MODES.join(', ')}`;
  else if (!MODEL_RUN_CHOICES.includes(modelRun)) wrong = `modelRun must be one of ${MODEL_RUN_CHOICES.join(', ')}`;
  else if (mode !== 'backfill' && [since, until, selection, attributes, clear].some((part) => part !== null))
    // In another mode they would move the watermark past rows that no run has read.
    wrong = 'since, until, selection, attributes and clear need mode backfill';
  else if (attributes !== null && !isListOfNames(attributes))
    wrong = 'attributes must be a list of names, as in ["churn_risk"]';
  else if (clear !== null && (typeof clear !== 'string' || clear === ''))
    wrong = 'clear must be the name of one attribute';
  else if (clear !== null && [attributes, since, until, selection].some((part) => part !== null))
    wrong =
      'clear applies to every profile that has the attribute, so it excludes since, until, selection and attributes';
  if (wrong !== null) throw ApplicationFailure.nonRetryable(`This run cannot start: ${wrong}.`, 'InvalidInput');
}

function isListOfNames(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === 'string' && name !== '');
}

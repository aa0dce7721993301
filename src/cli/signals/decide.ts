import type { Config } from '../../config/config';
import { typed } from '../../invocation';
import { openRuns, type RunRecord } from '../../ledger/runs';
import type { TemporalAccess } from '../../temporal/connect';
import { signalRun } from '../../temporal/runs';
import { holdNeeds } from '../../types/run';
import { requireSync } from '../shared/context';
import { CliProblem, EXIT } from '../shared/problem';
import { withBoth } from '../shared/withBoth';
import { type Done, followAfter, type FollowedDone, type SignalOptions } from './done';

interface Decision {
  config: Config;
  sync: string;
  verb: 'retry' | 'approve' | 'discard';
  options: SignalOptions;
}

/**
 * Decides about a run that waits for a person, and follows it unless it ends. The ledger says which run that is; a decision that does
 * not apply is refused with the one that does.
 */
export async function decide(
  { config, sync, verb, options }: Decision,
  report: (done: Done[]) => void,
): Promise<FollowedDone | void> {
  requireSync(config, sync);
  return withBoth(config, async (temporal, ledger) => {
    const run = waitingRun(sync, verb, await openRuns(ledger, sync), options);
    await signal(temporal, verb, run);
    const outcome = OUTCOMES[verb];
    if (run.state === 'paused' && verb !== 'discard') {
      return report([
        { sync, what: `run ${run.run} ${outcome}; it is still paused. Resume it: ${typed(`resume ${sync}`)}` },
      ]);
    }
    report([{ sync, what: `run ${run.run} ${outcome}` }]);
    if (verb === 'discard' || options.detach) return;
    return followAfter(temporal, ledger, run, options);
  });
}

const OUTCOMES = {
  retry: 'retried',
  approve: 'approved',
  discard: 'discarded; the next run finds what is left',
} as const;

/**
 * The run that this decision is about.
 *
 * @throws CliProblem when there is none, or when it needs another decision
 */
function waitingRun(sync: string, verb: Decision['verb'], open: RunRecord[], { hold }: SignalOptions): RunRecord {
  const run = open.find(
    ({ state, hold: held }) => state === 'held' || (state === 'paused' && (held !== null || verb === 'discard')),
  );
  if (run === undefined) throw new CliProblem(whyNot(sync, verb, open), EXIT.usage);
  const other = otherVerb(sync, verb, run);
  if (other !== null) throw new CliProblem(other, EXIT.usage);
  if (hold === undefined || Number(hold) === run.hold) return run;
  throw new CliProblem(
    `${sync}, run ${run.run} is held by hold ${run.hold}, not by hold ${hold}. Inspect it: ${typed(`status ${sync}`)}`,
    EXIT.usage,
  );
}

async function signal(temporal: TemporalAccess, verb: Decision['verb'], run: RunRecord): Promise<void> {
  const { workflowId, hold } = run;
  const arrived =
    verb === 'approve' && hold !== null
      ? await signalRun(temporal, workflowId, verb, { hold })
      : await signalRun(temporal, workflowId, verb);
  if (!arrived) throw new CliProblem(`${run.sync}, run ${run.run} has already ended.`, EXIT.failed);
}

/** A hold that needs another decision than this one: a sentence that names it. */
function otherVerb(sync: string, verb: string, { run, holdCause }: RunRecord): string | null {
  if (verb === 'approve' && holdCause !== null && holdNeeds(holdCause) === 'fix') {
    return `${sync}, run ${run} needs a fix, not approval (${holdCause}). Fix the cause, then: ${typed(`retry ${sync}`)}`;
  }
  if (verb === 'retry' && holdCause === 'guard') {
    return `${sync}, run ${run} needs approval (guard); a retry finds the same changes. To send them: ${typed(`approve ${sync}`)}`;
  }
  return null;
}

function whyNot(sync: string, verb: string, open: RunRecord[]): string {
  const paused = open.find(({ state }) => state === 'paused');
  if (paused !== undefined) {
    return `${sync}, run ${paused.run} is paused, not held. To resume it: ${typed(`resume ${sync}`)}`;
  }
  const [run] = open;
  if (run === undefined)
    return `${sync} has no open run, so there is nothing to ${verb}. Start one: ${typed(`run ${sync}`)}`;
  const instead = verb === 'discard' ? ` To end it: ${typed(`cancel ${sync}`)}` : '';
  return `${sync}, run ${run.run} is ${run.state}, not held.${instead}`;
}

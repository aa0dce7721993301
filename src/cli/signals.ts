import type { Command } from 'commander';
import type { Config } from '../config/config';
import { typed } from '../invocation';
import { openRuns, type RunRecord } from '../ledger/runs';
import { setAllPaused, setSyncPaused, type PauseResult } from '../temporal/pauseResume';
import { cancelRun, openWorkflows, signalRun } from '../temporal/runs';
import { command } from './shared/command';
import { readConfig, requireSync, withTemporal, type CommonOptions } from './shared/context';
import { withLedger } from './shared/ledgerAccess';
import { CliProblem, EXIT } from './shared/problem';
import { runNumber } from './shared/runNumber';
import { plural, print, printJson } from './shared/screen';

interface SignalOptions extends CommonOptions {
  run?: string;
  hold?: string;
  all?: boolean;
}

/** One line of what was done. */
interface Done {
  sync: string;
  what: string;
  failed?: boolean;
}

/** Signals and schedules from a shell. They work with every worker down: Temporal keeps them until one is back. */
export function addSignals(program: Command): void {
  for (const verb of ['pause', 'resume'] as const) {
    const about =
      verb === 'pause'
        ? 'Stop the run, if any, before its next request, and stop the schedule'
        : 'Go on with the run, if any, and with the schedule';
    command(program, `${verb} [sync]`, about, `${verb} churn`)
      .option('--all', 'everything on this task queue, also syncs that left the config')
      .action((sync: string | undefined, options: SignalOptions) =>
        act(options, (config) => pauseOrResume(config, verb, sync, options)),
      );
  }
  command(program, 'retry <sync>', 'Go on with a held run after its cause was mended', 'retry churn').action(
    (sync: string, options: SignalOptions) => act(options, (config) => decide(config, sync, 'retry', options)),
  );
  command(program, 'approve <sync>', 'Send in spite of the guard that holds the run', 'approve churn')
    .option('--hold <number>', 'only if this is the hold now shown')
    .action((sync: string, options: SignalOptions) =>
      act(options, (config) => decide(config, sync, 'approve', options)),
    );
  command(
    program,
    'discard <sync>',
    'End a paused or held run; the next run finds what is left',
    'discard churn',
  ).action((sync: string, options: SignalOptions) =>
    act(options, (config) => decide(config, sync, 'discard', options)),
  );
  command(program, 'cancel <sync>', 'End the run that is under way, with what it has done recorded', 'cancel churn')
    .option('--run <number>', 'this run, when several are open')
    .action((sync: string, options: SignalOptions) => act(options, (config) => cancel(config, sync, options)));
}

async function act(options: SignalOptions, work: (config: Config) => Promise<Done[]>): Promise<void> {
  const done = await work(readConfig(options));
  if (options.json) printJson(done);
  else for (const { sync, what, failed } of done) print(`${failed ? 'error' : 'ok   '} ${sync}: ${what}`);
  if (done.some(({ failed }) => failed)) process.exitCode = EXIT.failed;
}

/** Acts on the run and on the schedule, and reports both. With --all a failure for one sync stops none of the others. */
async function pauseOrResume(
  config: Config,
  verb: 'pause' | 'resume',
  sync: string | undefined,
  { all }: SignalOptions,
): Promise<Done[]> {
  if (all !== true && sync === undefined) throw new CliProblem('Say which sync, or --all.', EXIT.usage);
  if (sync !== undefined) requireSync(config, sync);
  const results = await withTemporal(config, async (temporal) =>
    all ? setAllPaused(temporal, Object.keys(config.syncs), verb) : [await setSyncPaused(temporal, sync!, verb)],
  );
  const [only] = results;
  if (
    all !== true &&
    verb === 'resume' &&
    only!.runs === 0 &&
    only!.otherwise.length > 0 &&
    only!.schedule !== 'changed'
  ) {
    throw new CliProblem(`${sync}: ${pauseSentence(only!, verb)}.`, EXIT.usage);
  }
  return results.map((one) => ({
    sync: one.sync,
    what: pauseSentence(one, verb),
    ...(one.failed !== null && { failed: true }),
  }));
}

function pauseSentence({ sync, runs, otherwise, schedule, failed }: PauseResult, verb: 'pause' | 'resume'): string {
  const past = verb === 'pause' ? 'paused' : 'resumed';
  const run = [
    ...(runs > 0 ? [`${plural(runs, 'run')} ${past}`] : []),
    ...otherwise.map(({ state }) =>
      state === 'held'
        ? `the run is held, not paused: look with ${typed(`status ${sync}`)}, then retry, approve or discard`
        : `the run is ${state}, not paused`,
    ),
  ];
  const parts = [
    run.length === 0 && failed === null ? 'no run is under way' : run.join(', '),
    schedule === null ? (failed === null ? 'it has no schedule' : '') : `schedule ${past}`,
    failed === null ? '' : `not everything was ${past}: ${failed}. Type it again`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

/** What each decision says once it was taken. */
const OUTCOMES = {
  retry: 'goes on',
  approve: 'goes on, approved',
  discard: 'ends; the next run finds what is left',
} as const;

/** A decision about a run that waits for one. The ledger knows which; a signal that does not apply is refused, with the right one. */
async function decide(
  config: Config,
  sync: string,
  verb: 'retry' | 'approve' | 'discard',
  { hold }: SignalOptions,
): Promise<Done[]> {
  requireSync(config, sync);
  const open = await withLedger(config, (ledger) => openRuns(ledger, sync));
  const waiting = open.find(({ state }) => state === 'held' || (verb === 'discard' && state === 'paused'));
  if (waiting === undefined) throw new CliProblem(whyNot(sync, verb, open), EXIT.usage);
  const other = otherVerb(sync, verb, waiting);
  if (other !== null) throw new CliProblem(other, EXIT.usage);
  if (hold !== undefined && Number(hold) !== waiting.hold) {
    throw new CliProblem(
      `${sync}, run ${waiting.run} is held by hold ${waiting.hold}, not ${hold}. Look: ${typed(`status ${sync}`)}`,
      EXIT.usage,
    );
  }
  await withTemporal(config, async (temporal) => {
    const { workflowId, hold: shown } = waiting;
    const arrived =
      verb === 'approve' && shown !== null
        ? await signalRun(temporal, workflowId, verb, { hold: shown })
        : await signalRun(temporal, workflowId, verb);
    if (arrived) return;
    throw new CliProblem(`${sync}, run ${waiting.run} has ended meanwhile.`, EXIT.failed);
  });
  return [{ sync, what: `run ${waiting.run} ${OUTCOMES[verb]}` }];
}

/** A hold that needs another decision than this one: the word for it. */
function otherVerb(sync: string, verb: string, { run, holdCause }: RunRecord): string | null {
  const held = `${sync}, run ${run} is held (${holdCause})`;
  if (verb === 'approve' && holdCause !== null && holdCause !== 'guard' && holdCause !== 'unseen-key') {
    return `${held}: mend its cause, then ${typed(`retry ${sync}`)}`;
  }
  if (verb === 'retry' && holdCause === 'guard') {
    return `${held}, and what it found stays the same: ${typed(`approve ${sync}`)}, or ${typed(`discard ${sync}`)}`;
  }
  return null;
}

function whyNot(sync: string, verb: string, open: RunRecord[]): string {
  const paused = open.find(({ state }) => state === 'paused');
  if (paused !== undefined)
    return `${sync}, run ${paused.run} is paused, not held. Go on with: ${typed(`resume ${sync}`)}`;
  const [run] = open;
  if (run === undefined)
    return `${sync} has no run under way, so there is nothing to ${verb}. Start one: ${typed(`run ${sync}`)}`;
  const instead = verb === 'discard' ? ` To end it: ${typed(`cancel ${sync}`)}` : '';
  return `${sync}, run ${run.run} is ${run.state}, not held.${instead}`;
}

async function cancel(config: Config, sync: string, { run }: SignalOptions): Promise<Done[]> {
  requireSync(config, sync);
  return withTemporal(config, async (temporal) => {
    const ids =
      run === undefined ? await openWorkflows(temporal, sync) : [await workflowOf(config, sync, runNumber(run))];
    if (ids.length === 0) throw new CliProblem(`${sync} has no run under way.`, EXIT.usage);
    if (ids.length > 1) {
      const open = await withLedger(config, (ledger) => openRuns(ledger, sync));
      const runOf = new Map(open.map((one) => [one.workflowId, `${one.run} (${one.state})`]));
      const list = ids.map((id) => runOf.get(id) ?? `${id} (no worker has begun it)`).join(', ');
      const numberless = ids.some((id) => !runOf.has(id))
        ? ', or where it has no number yet: temporal workflow cancel --workflow-id ID'
        : '';
      const message = `${sync} has ${ids.length} runs under way: ${list}. Say which: --run NUMBER${numberless}`;
      throw new CliProblem(message, EXIT.usage);
    }
    const ended = await cancelRun(temporal, ids[0]!);
    if (!ended) throw new CliProblem(`The run of ${sync} has ended meanwhile.`, EXIT.failed);
    return [{ sync, what: 'cancel asked for; what is in flight is finished and recorded first' }];
  });
}

async function workflowOf(config: Config, sync: string, run: number): Promise<string> {
  const open = await withLedger(config, (ledger) => openRuns(ledger, sync));
  const found = open.find((one) => one.run === run);
  if (found === undefined) throw new CliProblem(`${sync} has no run ${run} under way.`, EXIT.usage);
  return found.workflowId;
}

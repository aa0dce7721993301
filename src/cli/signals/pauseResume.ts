import type { Config } from '../../config/config';
import { typed } from '../../invocation';
import { openRuns } from '../../ledger/runs';
import { type PauseResult, setAllPaused, setSyncPaused } from '../../temporal/pauseResume';
import { requireSync, withTemporal } from '../shared/context';
import { CliProblem, EXIT } from '../shared/problem';
import { plural } from '../shared/screen';
import { withBoth } from '../shared/withBoth';
import { type Done, followAfter, type FollowedDone, type SignalOptions } from './done';

interface PauseRequest {
  config: Config;
  verb: 'pause' | 'resume';
  /** Undefined: all of them. */
  sync: string | undefined;
  options: SignalOptions;
}

/**
 * Acts on the run and on the schedule, reports both, and follows a run that was resumed. With --all a failure for one sync stops none
 * of the others, and nothing is followed.
 */
export async function pauseOrResume(
  request: PauseRequest,
  report: (done: Done[]) => void,
): Promise<FollowedDone | void> {
  const { config, verb, sync, options } = request;
  if (options.all) {
    const results = await withTemporal(config, (temporal) => setAllPaused(temporal, Object.keys(config.syncs), verb));
    return report(results.map((one) => toDone(one, verb)));
  }
  if (sync === undefined) throw new CliProblem('Name a sync, or all of them: --all', EXIT.usage);
  requireSync(config, sync);
  if (verb === 'pause') {
    const result = await withTemporal(config, (temporal) => setSyncPaused(temporal, sync, verb));
    return report([toDone(result, verb)]);
  }
  return resume(config, sync, options, report);
}

async function resume(
  config: Config,
  sync: string,
  options: SignalOptions,
  report: (done: Done[]) => void,
): Promise<FollowedDone | void> {
  return withBoth(config, async (temporal, ledger) => {
    const paused = (await openRuns(ledger, sync)).find(({ state }) => state === 'paused');
    const result = await setSyncPaused(temporal, sync, 'resume');
    refuseWithoutEffect(result);
    report([toDone(result, 'resume')]);
    if (paused === undefined || result.runs === 0 || options.detach) return;
    return followAfter(temporal, ledger, paused, options);
  });
}

/** A resume that changed nothing was typed for another reason: the run is held, or works. */
function refuseWithoutEffect({ sync, runs, otherwise, schedule, failed }: PauseResult): void {
  const [other] = otherwise;
  if (runs > 0 || other === undefined || schedule === 'changed' || failed !== null) return;
  throw new CliProblem(`${sync}: ${notPaused(sync, other.state)}`, EXIT.usage);
}

function notPaused(sync: string, state: string): string {
  return state === 'held'
    ? `the run is held, not paused. Its next steps: ${typed(`status ${sync}`)}`
    : `the run is ${state}, not paused`;
}

function toDone(result: PauseResult, verb: 'pause' | 'resume'): Done {
  return { sync: result.sync, what: sentence(result, verb), ...(result.failed !== null && { failed: true }) };
}

function sentence({ sync, runs, otherwise, schedule, failed }: PauseResult, verb: 'pause' | 'resume'): string {
  const past = verb === 'pause' ? 'paused' : 'resumed';
  const noRun = runs === 0 && otherwise.length === 0 && failed === null;
  const parts = [
    ...(noRun ? ['no open run'] : []),
    ...(runs > 0 ? [`${plural(runs, 'run')} ${past}`] : []),
    ...(schedule !== null ? [`schedule ${past}`] : failed === null ? ['no schedule'] : []),
    ...(failed === null ? [] : [`not everything was ${past}: ${failed}. Run the command again`]),
    ...otherwise.map(({ state }) => notPaused(sync, state)),
  ];
  return parts.join(', ');
}

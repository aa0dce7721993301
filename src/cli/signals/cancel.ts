import type { Config } from '../../config/config';
import { openRuns } from '../../ledger/runs';
import { cancelRun, openWorkflows } from '../../temporal/runs';
import { requireSync, withTemporal } from '../shared/context';
import { withLedger } from '../shared/ledgerAccess';
import { CliProblem, EXIT } from '../shared/problem';
import { runNumber } from '../shared/runNumber';
import type { Done, SignalOptions } from './done';

/**
 * Requests the cancellation of one open run.
 *
 * @throws CliProblem when the sync has none, or several and none was named
 */
export async function cancel(config: Config, sync: string, { run }: SignalOptions): Promise<Done[]> {
  requireSync(config, sync);
  return withTemporal(config, async (temporal) => {
    const ids =
      run === undefined ? await openWorkflows(temporal, sync) : [await workflowOf(config, sync, runNumber(run))];
    if (ids.length === 0) throw new CliProblem(`${sync} has no open run.`, EXIT.usage);
    if (ids.length > 1) throw new CliProblem(await whichOne(config, sync, ids), EXIT.usage);
    const ended = await cancelRun(temporal, ids[0]!);
    if (!ended) throw new CliProblem(`The run of ${sync} has already ended.`, EXIT.failed);
    return [{ sync, what: 'cancellation requested; requests in flight finish and are recorded first' }];
  });
}

async function whichOne(config: Config, sync: string, ids: readonly string[]): Promise<string> {
  const open = await withLedger(config, (ledger) => openRuns(ledger, sync));
  const runOf = new Map(open.map((one) => [one.workflowId, `${one.run} (${one.state})`]));
  const list = ids.map((id) => runOf.get(id) ?? `${id} (no worker has begun it)`).join(', ');
  const numberless = ids.some((id) => !runOf.has(id))
    ? ', or for one without a number: temporal workflow cancel --workflow-id ID'
    : '';
  return `${sync} has ${ids.length} open runs: ${list}. Name one: --run NUMBER${numberless}`;
}

async function workflowOf(config: Config, sync: string, run: number): Promise<string> {
  const open = await withLedger(config, (ledger) => openRuns(ledger, sync));
  const found = open.find((one) => one.run === run);
  if (found === undefined) throw new CliProblem(`${sync} has no open run ${run}.`, EXIT.usage);
  return found.workflowId;
}

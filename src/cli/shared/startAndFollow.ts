import type { Config } from '../../config/config';
import { typed } from '../../invocation';
import { toSummary } from '../../ledger/runSummary';
import { lastModelRun } from '../../ledger/watermark';
import { startRun } from '../../temporal/runs';
import { pollingWorkers } from '../../temporal/workers';
import { hasEnded } from '../../types/run';
import type { SyncInput } from '../../types/workflow';
import { follow } from './follow';
import { EXIT, type ExitCode } from './problem';
import { note, print, printJson } from './screen';
import { withBoth } from './withBoth';

/** Starts a run and follows it to its end. Returns the exit code. */
export async function startAndFollow(
  config: Config,
  input: SyncInput,
  kind: 'run' | 'backfill',
  options: { json?: boolean; detach?: boolean; waitHeld: boolean },
): Promise<ExitCode> {
  return withBoth(config, async (temporal, ledger) => {
    if ((await pollingWorkers(temporal)).length === 0) {
      note(
        `warn  No worker polls ${temporal.taskQueue}; the run is queued until one does. Start one: ${typed('worker')}`,
      );
    }
    const before = await lastModelRun(ledger, input.sync);
    const run = await startRun(temporal, input, kind);
    if (options.detach) {
      if (options.json) printJson({ workflowId: run.workflowId, temporalRunId: run.firstRunId, sync: input.sync });
      else print(`ok    started ${run.workflowId}. Its state: ${typed(`status ${input.sync}`)}`);
      return EXIT.ok;
    }
    const { exitCode, record } = await follow(temporal, ledger, run, options);
    if (options.json && record !== null) printJson(toSummary(record));
    if (
      record !== null &&
      hasEnded(record.state) &&
      record.modelRun !== null &&
      record.modelRun === before?.id &&
      kind === 'run'
    ) {
      note(`note  Model run ${record.modelRun} was already synced; this run compared it again.`);
    }
    return exitCode;
  });
}

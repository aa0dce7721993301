import type { Command } from 'commander';
import type { Config } from '../config/config';
import { lastModelRun } from '../ledger/watermark';
import { startRun } from '../temporal/runs';
import { pollingWorkers } from '../temporal/workers';
import type { SyncInput } from '../types/workflow';
import { command } from './shared/command';
import { readConfig, requireSync, withTemporal, type CommonOptions } from './shared/context';
import { follow } from './shared/follow';
import { withLedger } from './shared/ledgerAccess';
import { EXIT, type ExitCode } from './shared/problem';
import { print, printJson, note } from './shared/screen';

interface RunOptions extends CommonOptions {
  full?: boolean;
  wait?: boolean;
  detach?: boolean;
  waitHeld: boolean;
}

export function addRun(program: Command): void {
  command(program, 'run <sync>', 'Send what changed since the last sync, now', 'peak-braze run churn')
    .option('--full', 'compare the whole store, also rows that do not look touched')
    .option('--wait', 'wait for the next model run instead of taking the latest')
    .option('--detach', 'start and leave')
    .option('--no-wait-held', 'exit 3 when the run is held, instead of waiting')
    .action(async (sync: string, options: RunOptions) => {
      const config = readConfig(options);
      requireSync(config, sync);
      const input: SyncInput = {
        sync,
        mode: options.full ? 'full' : 'changes',
        modelRun: options.wait ? 'next' : 'latest',
      };
      process.exitCode = await startAndFollow(config, input, 'run', options);
    });
}

/** Starts a run and follows it to its end. Gives the exit code. */
export async function startAndFollow(
  config: Config,
  input: SyncInput,
  kind: 'run' | 'backfill',
  options: { json?: boolean; detach?: boolean; waitHeld: boolean },
): Promise<ExitCode> {
  return withTemporal(config, (temporal) =>
    withLedger(config, async (ledger) => {
      if ((await pollingWorkers(temporal)).length === 0) {
        note(`warn  No worker polls ${temporal.taskQueue}; the run waits for one. Start it: peak-braze worker`);
      }
      const before = await lastModelRun(ledger, input.sync);
      const run = await startRun(temporal, input, kind);
      if (options.detach) {
        if (options.json) printJson({ workflowId: run.workflowId, temporalRunId: run.firstRunId, sync: input.sync });
        else print(`ok    started ${run.workflowId}. Look: peak-braze status ${input.sync}`);
        return EXIT.ok;
      }
      const { exitCode, modelRun } = await follow(temporal, ledger, run, options);
      if (modelRun !== null && modelRun === before?.id && kind === 'run') {
        note(`note  Model run ${modelRun} was synced before; this run looked again.`);
      }
      return exitCode;
    }),
  );
}

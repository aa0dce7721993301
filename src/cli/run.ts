import type { Command } from 'commander';
import type { SyncInput } from '../types/workflow';
import { command } from './shared/command';
import { readConfig, requireSync, type CommonOptions } from './shared/context';
import { startAndFollow } from './shared/startAndFollow';

interface RunOptions extends CommonOptions {
  full?: boolean;
  wait?: boolean;
  detach?: boolean;
  waitHeld: boolean;
}

/** `run`: a sync, now. */
export function addRun(program: Command): void {
  command(program, 'run <sync>', 'Run a sync now: send what changed since the last sync', 'run churn')
    .option('--full', 'compare the whole source table, including rows not updated since the last sync')
    .option('--wait', 'wait for the next model run instead of taking the latest')
    .option('--detach', 'return at once')
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

import type { Command } from 'commander';
import type { Config } from '../config/config';
import { command } from './shared/command';
import { readConfig } from './shared/context';
import { EXIT } from './shared/problem';
import { print, printJson } from './shared/screen';
import { cancel } from './signals/cancel';
import { decide } from './signals/decide';
import type { Done, FollowedDone, SignalOptions } from './signals/done';
import { pauseOrResume } from './signals/pauseResume';

/** Signals and schedules from a shell. They work with every worker down: Temporal keeps them until one is back. */
export function addSignals(program: Command): void {
  command(program, 'pause [sync]', 'Pause the run before its next request, and pause the schedule', 'pause churn')
    .option('--all', 'pause everything on this task queue, including syncs that are no longer in the config')
    .action((sync: string | undefined, options: SignalOptions) =>
      act(options, (config, report) => pauseOrResume({ config, verb: 'pause', sync, options }, report)),
    );
  following(
    command(
      program,
      'resume [sync]',
      'Resume a paused run and the schedule, and follow the run',
      'resume churn',
    ).option('--all', 'resume everything on this task queue, without following it'),
  ).action((sync: string | undefined, options: SignalOptions) =>
    act(options, (config, report) => pauseOrResume({ config, verb: 'resume', sync, options }, report)),
  );
  following(
    command(program, 'retry <sync>', 'Retry a held run after the cause is fixed, and follow it', 'retry churn'),
  ).action((sync: string, options: SignalOptions) =>
    act(options, (config, report) => decide({ config, sync, verb: 'retry', options }, report)),
  );
  following(
    command(program, 'approve <sync>', 'Approve a held run (a guard, a new key) and follow it', 'approve churn').option(
      '--hold <number>',
      'approve only this hold; refuse if the run now has another one',
    ),
  ).action((sync: string, options: SignalOptions) =>
    act(options, (config, report) => decide({ config, sync, verb: 'approve', options }, report)),
  );
  command(
    program,
    'discard <sync>',
    'Discard a held or paused run; the next run finds what is left',
    'discard churn',
  ).action((sync: string, options: SignalOptions) =>
    act(options, (config, report) => decide({ config, sync, verb: 'discard', options }, report)),
  );
  command(program, 'cancel <sync>', 'Cancel an open run, and record what it has done', 'cancel churn')
    .option('--run <number>', 'cancel this run if several are open')
    .action((sync: string, options: SignalOptions) =>
      act(options, async (config, report) => report(await cancel(config, sync, options))),
    );
}

/** The options of `run` that say how long a command follows. */
function following(one: Command): Command {
  return one
    .option('--detach', 'return at once')
    .option('--no-wait-held', 'exit 3 when the run is held again, instead of waiting');
}

/** Reports what was done as soon as it is done; with --json one value, after the run that was followed has ended. */
async function act(
  options: SignalOptions,
  work: (config: Config, report: (done: Done[]) => void) => Promise<FollowedDone | void>,
): Promise<void> {
  let all: Done[] = [];
  const followed = await work(readConfig(options), (done) => {
    all = done;
    if (options.json) return;
    for (const { sync, what, failed } of done) print(`${failed ? 'error' : 'ok   '} ${sync}: ${what}`);
  });
  if (options.json) printJson(all.map((done) => (followed?.run ? { ...done, run: followed.run } : done)));
  if (all.some(({ failed }) => failed)) process.exitCode = EXIT.failed;
  else if (followed) process.exitCode = followed.exitCode;
}

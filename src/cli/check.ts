import type { Command } from 'commander';
import { checkAll } from './check/checkAll';
import { exitCodeOf, reportJson, reportLines } from './check/report';
import { command } from './shared/command';
import type { CommonOptions } from './shared/context';
import { print, printJson } from './shared/screen';

/** `check`: everything that a run would fail on. */
export function addCheck(program: Command): void {
  command(
    program,
    'check',
    'Check the config and every connection, and report all problems at once; use the key to send one test request, which changes no profile',
    'check',
  ).action(async ({ config, json }: CommonOptions) => {
    const report = await checkAll(config);
    if (json) printJson(reportJson(report));
    else for (const line of reportLines(report, config)) print(line);
    process.exitCode = exitCodeOf(report);
  });
}

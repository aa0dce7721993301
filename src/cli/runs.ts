import type { Command } from 'commander';
import { toSummary } from '../activities/closeRun';
import { listRuns } from '../ledger/runs';
import { command } from './command';
import { readConfig, requireSync, withLedger, type CommonOptions } from './context';
import { CliProblem, EXIT } from './problem';
import { print, printJson, table, when } from './screen';

interface RunsOptions extends CommonOptions {
  last: string;
}

export function addRuns(program: Command): void {
  command(program, 'runs <sync>', 'What the last runs did, newest first', 'peak-braze runs churn --last 5')
    .option('--last <n>', 'how many', '20')
    .action(async (sync: string, options: RunsOptions) => {
      const config = readConfig(options);
      requireSync(config, sync);
      const last = Number(options.last);
      if (!Number.isInteger(last) || last < 1)
        throw new CliProblem(`--last ${options.last} is not a count.`, EXIT.usage);
      const runs = (await withLedger(config, (ledger) => listRuns(ledger, sync, last))).map(toSummary);
      if (options.json) return printJson(runs);
      if (runs.length === 0) return print(`${sync} has not run yet. Start: peak-braze run ${sync}`);
      const rows = runs.map(
        ({
          run,
          mode,
          state,
          startedAt,
          modelRun,
          candidates,
          changed,
          accepted,
          rejected,
          requests,
          valuesAvoided,
        }) => [
          String(run),
          mode,
          state,
          when(startedAt),
          modelRun ?? '-',
          ...[candidates, changed, accepted, rejected, requests, valuesAvoided],
        ],
      );
      const header = [
        'RUN',
        'MODE',
        'STATE',
        'STARTED',
        'MODEL RUN',
        'CANDIDATES',
        'CHANGED',
        'ACCEPTED',
        'REJECTED',
        'REQUESTS',
        'AVOIDED',
      ];
      for (const line of table(header, rows)) print(line);
    });
}

import type { Command } from 'commander';
import { typed } from '../invocation';
import type { Ledger } from '../ledger/open';
import { toSummary } from '../ledger/runSummary';
import { listRuns, runsOfMonth } from '../ledger/runs';
import { displayDuration } from '../local/note';
import type { RunSummary } from '../types/run';
import { command } from './shared/command';
import { readConfig, requireSync, type CommonOptions } from './shared/context';
import { csvLine } from './shared/csv';
import { withLedger } from './shared/ledgerAccess';
import { CliProblem, EXIT } from './shared/problem';
import { count, plural, print, printJson, table, when } from './shared/screen';

interface RunsOptions extends CommonOptions {
  last?: string;
  month?: string;
  csv?: boolean;
}

const LAST = '20';

/** `runs`: what the last runs did. */
export function addRuns(program: Command): void {
  command(
    program,
    'runs <sync>',
    'Show what the last runs did, newest first',
    'runs churn --last 5',
    'runs churn --month 2026-11 --csv > november.csv',
  )
    .option('--last <n>', `show this many (default: ${LAST})`)
    .option('--month <YYYY-MM>', 'show all runs that began in this month (UTC), and their totals')
    .option('--csv', 'print CSV')
    .action(async (sync: string, options: RunsOptions) => {
      const config = readConfig(options);
      requireSync(config, sync);
      if (options.csv && options.json) throw new CliProblem('--csv and --json exclude each other.', EXIT.usage);
      const read = readerOf(options);
      const runs = (await withLedger(config, (ledger) => read(ledger, sync))).map(toSummary);
      if (options.json) return printJson(runs);
      if (options.csv) return printCsv(runs);
      if (runs.length === 0) return print(nothingLine(sync, options.month));
      for (const line of screen(runs)) print(line);
      if (options.month !== undefined) for (const line of sumLines(runs, options.month)) print(line);
    });
}

function readerOf({ last, month }: RunsOptions): (ledger: Ledger, sync: string) => ReturnType<typeof listRuns> {
  if (month === undefined) {
    const limit = Number(last ?? LAST);
    if (!Number.isInteger(limit) || limit < 1 || limit > 1_000_000)
      throw new CliProblem(`--last ${last} is not a count.`, EXIT.usage);
    return (ledger, sync) => listRuns(ledger, sync, limit);
  }
  if (last !== undefined) throw new CliProblem('--month and --last exclude each other.', EXIT.usage);
  if (!/^(?!0000)\d{4}-(0[1-9]|1[0-2])$/.test(month))
    throw new CliProblem(`--month ${month} is not a month. Write it as 2026-11.`, EXIT.usage);
  return (ledger, sync) => runsOfMonth(ledger, sync, month);
}

function nothingLine(sync: string, month: string | undefined): string {
  if (month !== undefined) return `${sync} did not run in ${month}. All its runs: ${typed(`runs ${sync}`)}`;
  return `${sync} has not run yet. Start it: ${typed(`run ${sync}`)}`;
}

function screen(runs: readonly RunSummary[]): string[] {
  const rows = runs.map((run) => [
    run.run,
    run.mode,
    run.state,
    when(run.startedAt),
    when(run.finishedAt),
    duration(run),
    run.modelRun ?? '-',
    run.candidates,
    run.changed,
    run.accepted,
    run.rejected,
    run.requests,
    run.valuesSent,
    run.valuesAvoided,
  ]);
  const words = ['RUN', 'MODE', 'STATE', 'STARTED', 'ENDED', 'DURATION', 'MODEL RUN'];
  const figures = ['CANDIDATES', 'CHANGED', 'ACCEPTED', 'REJECTED', 'REQUESTS', 'VALUES', 'AVOIDED'];
  return table([...words, ...figures], rows);
}

function duration({ startedAt, finishedAt }: RunSummary): string {
  return finishedAt === null ? '-' : displayDuration(Date.parse(finishedAt) - Date.parse(startedAt));
}

/** To reconcile with Braze's usage page of that month. A value that was sent twice counts there twice, here once. */
function sumLines(runs: readonly RunSummary[], month: string): string[] {
  const sum = (figure: 'requests' | 'valuesSent' | 'valuesAvoided' | 'accepted') =>
    runs.reduce((total, run) => total + run[figure], 0);
  const [sent, avoided] = [sum('valuesSent'), sum('valuesAvoided')];
  return [
    `${month} (UTC): ${plural(runs.length, 'run')}   ${plural(sum('requests'), 'request')}   ` +
      `${plural(sent, 'value')} sent (data points)   ${count(sum('accepted'))} customers accepted`,
    `      a timestamp sync would have sent ${count(sent + avoided)} values; avoided ${count(avoided)}` +
      `${sent + avoided === 0 ? '' : ` (${((100 * avoided) / (sent + avoided)).toFixed(1)} %)`}`,
    '      To reconcile with Braze: Settings > Billing. Other writers and repeated requests count there too.',
  ];
}

/** The columns are the fields of `--json`. */
const COLUMNS = [
  ...(['run', 'workflowId', 'temporalRunId', 'sync', 'mode', 'state', 'modelRun', 'windowFrom', 'windowTo'] as const),
  ...([
    'candidates',
    'changed',
    'accepted',
    'rejected',
    'requests',
    'valuesSent',
    'refreshed',
    'valuesAvoided',
  ] as const),
  ...(['startedAt', 'finishedAt'] as const),
] satisfies readonly (keyof RunSummary)[];

function printCsv(runs: readonly RunSummary[]): void {
  process.stdout.write(csvLine(COLUMNS));
  for (const run of runs) process.stdout.write(csvLine(COLUMNS.map((column) => run[column])));
}

import type { Command } from 'commander';
import { typed } from '../invocation';
import { toSummary } from '../ledger/runSummary';
import type { RunRecord } from '../ledger/runs';
import { readStatus, type StatusReport, type SyncStatus } from '../reports/status';
import { hasEnded } from '../types/run';
import { command } from './shared/command';
import { configDriftSentence } from './shared/configDriftSentence';
import { readConfig, requireSync, type CommonOptions } from './shared/context';
import { guardLines } from './shared/guardLines';
import { withLedger } from './shared/ledgerAccess';
import { holdDeadlineLine, holdWords, nextCommands } from './shared/nextCommands';
import { count, statusLine, localZone, plural, print, printJson, table, when } from './shared/screen';

/** `status`: where every sync stands. */
export function addStatus(program: Command): void {
  command(program, 'status [sync]', 'Show where every sync stands, even with every worker down', 'status').action(
    async (sync: string | undefined, options: CommonOptions) => {
      const config = readConfig(options);
      if (sync !== undefined) requireSync(config, sync);
      const syncs = sync === undefined ? Object.keys(config.syncs) : [sync];
      const report = await withLedger(config, (ledger) => readStatus(ledger, config, syncs));
      const drift = report.otherConfigs.map((other) => configDriftSentence(other, config.path));
      if (options.json) {
        return printJson({ workers: report.workers, otherConfigs: drift, syncs: report.syncs.map(toJson) });
      }
      for (const line of screen(report)) print(line);
      for (const sentence of drift) print(statusLine('warn', 'config', sentence));
    },
  );
}

function screen({ workers, temporalProblem, syncs }: StatusReport): string[] {
  const rows = syncs.map(({ sync, run, last, rejected, schedule }) => [
    sync,
    run === null ? 'never run' : run.state === 'held' ? 'HELD' : run.state,
    when(run?.stateSince ?? null),
    when(last?.finishedAt ?? null),
    last?.accepted ?? 0,
    rejected,
    schedule === null ? '-' : schedule.paused ? 'schedule paused' : when(schedule.nextRunAt),
  ]);
  return [
    `${workers === null ? temporalProblem : displayWorkers(workers)} · times ${localZone()}`,
    ...table(['SYNC', 'STATE', 'SINCE', 'LAST SYNC', 'SENT', 'REJECTED', 'NEXT RUN'], rows),
    ...syncs.flatMap(syncLines),
  ];
}

function displayWorkers(workers: number): string {
  return workers === 0 ? `worker: none. Start one: ${typed('worker')}` : `worker: ${workers}`;
}

/** What a person has to know of a sync or to do, with the command. */
function syncLines(status: SyncStatus): string[] {
  const { sync, run, queued, notBegun, rejected, schedule, notice } = status;
  const notBegunLine = `${sync}: ${plural(notBegun, 'run')} that no worker has begun yet. Start one: ${typed('worker')}`;
  const begin = notBegun > 0 ? [notBegunLine] : [];
  if (run === null) return notBegun > 0 ? begin : [`${sync} has not run yet. Start it: ${typed(`run ${sync}`)}`];
  const what = `notification of run ${notice?.run} (${notice?.change}) did not arrive: ${notice?.code}, ${when(notice?.at ?? null)}`;
  return [
    ...begin,
    ...runLines(status, run),
    ...(queued > 0 ? [`${sync}: ${plural(queued, 'more run')} queued.`] : []),
    ...(rejected > 0
      ? [`${sync}: ${plural(rejected, 'open rejection')}. List them: ${typed(`rejected ${sync}`)}`]
      : []),
    ...(schedule?.paused ? [`${sync}: the schedule is paused. Resume it: ${typed(`resume ${sync}`)}`] : []),
    ...(notice === null ? [] : [statusLine('warn', sync, `${what}. Fix notify.webhook; the run is not affected.`)]),
  ];
}

/** Of a run that is open: why it does not work, what follows, and its guards. */
function runLines({ abandoned, awaited, holdForMs, guards }: SyncStatus, run: RunRecord): string[] {
  const about = `${run.sync}, run ${run.run}`;
  if (abandoned)
    return [`${about}: its workflow is gone. No data is lost; the next run closes it: ${typed(`run ${run.sync}`)}`];
  const figures = hasEnded(run.state) ? [] : guardLines(guards);
  switch (run.state) {
    case 'held':
      return [`${about}, ${holdLine(run)}`, holdDeadlineLine(run, holdForMs), ...nextCommands(run), ...figures];
    case 'paused':
      return [
        `${about}: paused, ${count(run.accepted)} of ${count(run.changed)} accepted.`,
        ...(run.hold === null ? [] : [`Under the pause it is held: ${holdLine(run)}`]),
        holdDeadlineLine(run, holdForMs),
        ...nextCommands(run),
        ...figures,
      ];
    case 'queued':
      return run.heldBecause === null ? figures : [`${about}: queued. ${run.heldBecause}`, ...figures];
    case 'waiting-for-model-run':
      return awaited === null ? [] : [awaitedLine(about, awaited)];
    default:
      return run.waitingFor === null
        ? figures
        : [
            `${about}: waiting: ${run.waitingFor} since ${when(run.waitingSince)}. It resumes automatically.`,
            ...figures,
          ];
  }
}

function awaitedLine(about: string, { what, after, until }: NonNullable<SyncStatus['awaited']>): string {
  const completed = after === null ? '' : ` (completed ${when(after)})`;
  return `${about}: waiting for ${what}${completed}; times out at ${when(until)}.`;
}

function holdLine(run: RunRecord): string {
  return `hold ${run.hold}, ${holdWords(run)}: ${run.heldBecause}`;
}

function toJson({ sync, run, queued, abandoned, awaited, last, rejected, schedule, guards, notice }: SyncStatus) {
  return {
    sync,
    state: run?.state ?? null,
    since: run?.stateSince ?? null,
    hold: run?.hold ?? null,
    holdCause: run?.holdCause ?? null,
    heldBecause: run?.heldBecause ?? null,
    guards,
    waitingFor: run?.waitingFor ?? awaited?.what ?? null,
    waitingUntil: awaited?.until ?? null,
    abandoned,
    queued,
    run: run === null ? null : toSummary(run),
    lastRecorded: last === null ? null : toSummary(last),
    openRejections: rejected,
    failedNotice: notice,
    schedule:
      schedule === null ? null : { paused: schedule.paused, nextRunAt: schedule.nextRunAt?.toISOString() ?? null },
  };
}

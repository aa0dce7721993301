import type { Command } from 'commander';
import { typed } from '../invocation';
import { toSummary } from '../ledger/runSummary';
import { readStatus, type StatusReport, type SyncStatus } from '../reports/status';
import { hasEnded } from '../types/run';
import { command } from './shared/command';
import { configDriftSentence } from './shared/configDriftSentence';
import { readConfig, requireSync, type CommonOptions } from './shared/context';
import { guardLine } from './shared/guardLine';
import { withLedger } from './shared/ledgerAccess';
import { holdDeadlineLine, nextCommands } from './shared/nextCommands';
import { statusLine, localZone, plural, print, printJson, table, when } from './shared/screen';

/** `status`: where every sync stands. */
export function addStatus(program: Command): void {
  command(program, 'status [sync]', 'Where every sync stands; works with every worker down', 'status').action(
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
    ...table(['SYNC', 'STATE', 'SINCE', 'LAST RECORDED', 'SENT', 'REJECTED', 'NEXT RUN'], rows),
    ...syncs.flatMap(details),
  ];
}

function displayWorkers(workers: number): string {
  return workers === 0 ? `worker: none, start one: ${typed('worker')}` : `worker: ${workers}`;
}

/** What needs a person, and the command to type. */
function details({
  sync,
  run,
  queued,
  notBegun,
  abandoned,
  rejected,
  schedule,
  holdForMs,
  guards,
  notice,
}: SyncStatus): string[] {
  const lines: string[] = [];
  const waiting = `${sync}: ${plural(notBegun, 'run')} that no worker has begun yet. To have it done: ${typed('worker')}`;
  if (notBegun > 0) lines.push(waiting);
  if (run === null) return notBegun > 0 ? lines : [`${sync} has not run yet. Start: ${typed(`run ${sync}`)}`];
  if (abandoned) {
    lines.push(
      `${sync}, run ${run.run}: its workflow is gone. Nothing is lost; the next run closes it: ${typed(`run ${sync}`)}`,
    );
  } else if (run.state === 'held') {
    const cause = run.holdCause === null ? '' : ` (${run.holdCause})`;
    lines.push(`${sync}, run ${run.run}, hold ${run.hold}${cause}: ${run.heldBecause}`);
    lines.push(holdDeadlineLine(run, holdForMs), ...nextCommands(run));
  } else if (run.state === 'paused') {
    lines.push(
      `${sync}, run ${run.run}: paused, ${run.accepted} of ${run.changed} accepted.`,
      holdDeadlineLine(run, holdForMs),
      ...nextCommands(run),
    );
  } else if (run.state === 'queued' && run.heldBecause !== null) {
    lines.push(`${sync}, run ${run.run}: queued. ${run.heldBecause}`);
  } else if (run.waitingFor !== null) {
    lines.push(
      `${sync}, run ${run.run}: waiting: ${run.waitingFor} since ${when(run.waitingSince)}. It goes on by itself.`,
    );
  }
  if (guards.length > 0 && !hasEnded(run.state)) lines.push(`${sync}, run ${run.run}: ${guardLine(guards)}`);
  if (queued > 0) lines.push(`${sync}: ${plural(queued, 'more run')} in line.`);
  if (rejected > 0) lines.push(`${sync}: ${plural(rejected, 'open rejection')}. Why: ${typed(`rejected ${sync}`)}`);
  if (schedule?.paused) lines.push(`${sync}: the schedule is paused. Go on: ${typed(`resume ${sync}`)}`);
  if (notice !== null) {
    const what = `notice of run ${notice.run} (${notice.change}) did not arrive: ${notice.code}, ${when(notice.at)}`;
    lines.push(statusLine('warn', sync, `${what}. Mend notify.webhook; the run is not hurt.`));
  }
  return lines;
}

function toJson({ sync, run, queued, abandoned, last, rejected, schedule, guards, notice }: SyncStatus) {
  return {
    sync,
    state: run?.state ?? null,
    since: run?.stateSince ?? null,
    hold: run?.hold ?? null,
    holdCause: run?.holdCause ?? null,
    heldBecause: run?.heldBecause ?? null,
    guards,
    waitingFor: run?.waitingFor ?? null,
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

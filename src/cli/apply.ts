import type { Command } from 'commander';
import type { Config } from '../config/config';
import { showDuration } from '../config/duration';
import { typed } from '../invocation';
import { clockChanges } from '../temporal/clockChanges';
import type { TemporalAccess } from '../temporal/connect';
import { applySchedules, scheduleState, type ScheduleChange, type ScheduleState } from '../temporal/schedules';
import { pollingWorkers } from '../temporal/workers';
import type { ScheduleRule } from '../types/settings';
import { command } from './shared/command';
import { readConfig, withTemporal, type CommonOptions } from './shared/context';
import { displayDay, displaySchedule, displayTime } from './shared/displaySchedule';
import { statusLine, print, printJson } from './shared/screen';

interface ApplyOptions extends CommonOptions {
  dryRun?: boolean;
}

interface Applied extends ScheduleChange {
  rule: ScheduleRule | null;
  /** As it is now; null when there is none. */
  state: ScheduleState | null;
}

/** `apply`: schedules as the config says. */
export function addApply(program: Command): void {
  command(program, 'apply', 'Make the schedules in Temporal match the config', 'apply --dry-run')
    .option('--dry-run', 'only show what would change')
    .action(async (options: ApplyOptions) => {
      const config = readConfig(options);
      const dryRun = options.dryRun === true;
      await withTemporal(config, async (temporal) => {
        const applied = await apply(temporal, config, dryRun);
        if (options.json) return printJson(applied.map((one) => toJson(one, dryRun)));
        for (const line of lines(applied, config, dryRun)) print(line);
        const idle = applied.some(({ state }) => state !== null) && (await pollingWorkers(temporal)).length === 0;
        if (idle) {
          print(
            statusLine(
              'warn',
              'temporal',
              `no worker on ${temporal.taskQueue}; runs stay queued until one is available. Start one: ${typed('worker')}`,
            ),
          );
        }
      });
    });
}

async function apply(temporal: TemporalAccess, { syncs }: Config, dryRun: boolean): Promise<Applied[]> {
  const rules = new Map(Object.entries(syncs).map(([sync, { schedule }]) => [sync, schedule]));
  const changes = await applySchedules(temporal, rules, { dryRun });
  return Promise.all(
    changes.map(async (change) => ({
      ...change,
      rule: rules.get(change.sync) ?? null,
      state: await scheduleState(temporal, change.sync),
    })),
  );
}

function lines(applied: Applied[], config: Config, dryRun: boolean): string[] {
  if (applied.length === 0) {
    return [
      `No sync of ${config.path} has a schedule. Add one: schedule: { every: day, at: "06:00", timeZone: Europe/Berlin }`,
    ];
  }
  return [
    ...applied.flatMap((one) => [statusLine('ok', one.sync, sentence(one, dryRun)), ...differences(one)]),
    ...new Set(applied.flatMap(({ rule }) => (rule === null ? [] : clockLine(rule)))),
    `next: ${typed(dryRun ? 'apply' : 'status')}`,
  ];
}

const DONE = { create: 'created', update: 'updated', unchanged: 'unchanged', remove: 'removed' } as const;

function sentence({ sync, change, before, rule, state }: Applied, dryRun: boolean): string {
  const done = dryRun && change !== 'unchanged' ? `would be ${DONE[change]}` : DONE[change];
  if (rule === null) {
    const was = before?.rule ? ` (was ${displaySchedule(before.rule)})` : '';
    return `${done}: the config has no schedule for it${was}`;
  }
  const paused = state?.paused === true;
  // What a dry run would change has no next time yet.
  const hasNext = state?.nextRunAt && !(dryRun && change !== 'unchanged');
  const next = hasNext && !paused ? `, next ${nextRun(state.nextRunAt!, rule.timeZone)}` : '';
  const note = state?.note ? ` (${state.note})` : '';
  return `${done}: ${displaySchedule(rule)}${next}${paused ? `. It stays paused${note}; resume it: ${typed(`resume ${sync}`)}` : ''}`;
}

/** What an update changes, one line a thing: as it was, as it is to be. */
function differences({ change, before, rule }: Applied): string[] {
  if (change !== 'update' || before === null || rule === null) return [];
  const was = before.rule === null ? null : partsOf(before.rule);
  const changed =
    was === null
      ? [['times', 'changed manually in Temporal', displaySchedule(rule)]]
      : Object.entries(partsOf(rule)).flatMap(([part, is]) => (was[part] === is ? [] : [[part, was[part]!, is]]));
  const lines = before.policies
    ? changed
    : [...changed, ['start', 'changed manually in Temporal', 'as the config has it']];
  return lines.map(([part, from, to]) => `      ${part!.padEnd(6)} ${from} -> ${to}`);
}

function partsOf({ every, day, hour, minute, timeZone, jitterMs }: ScheduleRule): Record<string, string> {
  return {
    day: displayDay(every, day),
    time: displayTime(hour, minute),
    zone: timeZone,
    jitter: jitterMs === undefined ? 'none' : `up to ${showDuration(jitterMs)}`,
  };
}

/** What the change of the clocks does to this time of day; nothing where they do not change. */
function clockLine(rule: ScheduleRule): string[] {
  const { any, skippedOn, doubledOn } = clockChanges(rule, Date.now());
  if (!any) return [];
  const time = displayTime(rule.hour, rule.minute);
  const effects = [
    ...(skippedOn === null ? [] : [`on ${skippedOn} there is no ${time}, so no run starts`]),
    ...(doubledOn === null
      ? []
      : [`on ${doubledOn} ${time} comes twice, and if two runs start, the second finds no change`]),
  ];
  const effect = effects.length === 0 ? `${time} stays ${time}` : effects.join('; ');
  return [`note  ${rule.timeZone} changes its clocks: ${effect}.`];
}

/** In the zone of the schedule, which is the one its hours are meant in. */
function nextRun(at: Date, timeZone: string): string {
  const day = at.toLocaleDateString('en-GB', { weekday: 'short', day: 'numeric', month: 'short', timeZone });
  const time = at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', timeZone });
  return `${day.replace(',', '')} ${time}`;
}

function toJson({ sync, change, before, rule, state }: Applied, dryRun: boolean) {
  return {
    sync,
    change,
    applied: !dryRun,
    schedule: rule === null ? null : ruleJson(rule),
    // Null also where the config cannot say what it was.
    before: before === null || before.rule === null ? null : ruleJson(before.rule),
    paused: state?.paused ?? null,
    nextRunAt: state?.nextRunAt?.toISOString() ?? null,
  };
}

function ruleJson({ every, day, hour, minute, timeZone, jitterMs }: ScheduleRule) {
  return {
    every,
    ...(day && { day }),
    at: displayTime(hour, minute),
    timeZone,
    ...(jitterMs !== undefined && { jitterMs }),
  };
}

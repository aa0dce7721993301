import type { Command } from 'commander';
import type { Config } from '../config/config';
import type { TemporalAccess } from '../control/connect';
import { applySchedules, scheduleState, type ScheduleChange, type ScheduleState } from '../control/schedules';
import { pollingWorkers } from '../control/workers';
import type { ScheduleRule } from '../types';
import { typed } from './check/typed';
import { command } from './command';
import { readConfig, withTemporal, type CommonOptions } from './context';
import { finding, print, printJson } from './screen';

interface ApplyOptions extends CommonOptions {
  dryRun?: boolean;
}

interface Applied extends ScheduleChange {
  rule: ScheduleRule | null;
  /** As it is now; null when there is none. */
  state: ScheduleState | null;
}

export function addApply(program: Command): void {
  command(program, 'apply', "Make Temporal's schedules say what the config says", 'peak-braze apply --dry-run')
    .option('--dry-run', 'only tell what would change')
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
            finding(
              'warn',
              'temporal',
              `no worker on ${temporal.taskQueue}: runs wait for one. Start it: peak-braze worker`,
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
      `No sync of ${config.path} has a schedule. Give one: schedule: { every: day, at: "06:00", timeZone: Europe/Berlin }`,
    ];
  }
  return [
    ...applied.map((one) => finding('ok', one.sync, sentence(one, dryRun))),
    `next: ${typed(dryRun ? 'peak-braze apply' : 'peak-braze status', config.path)}`,
  ];
}

const DONE = { create: 'created', update: 'updated', unchanged: 'unchanged', remove: 'removed' } as const;

function sentence({ sync, change, rule, state }: Applied, dryRun: boolean): string {
  const done = dryRun && change !== 'unchanged' ? `would be ${DONE[change]}` : DONE[change];
  if (rule === null) return `${done}: the config has no schedule for it`;
  const paused = state?.paused === true;
  // What a dry run would change has no next time yet.
  const known = state?.nextRunAt && !(dryRun && change !== 'unchanged');
  const next = known && !paused ? `, next ${nextRun(state.nextRunAt!, rule.timeZone)}` : '';
  const note = state?.note ? ` (${state.note})` : '';
  return `${done}: ${ruleInWords(rule)}${next}${paused ? `. It stays paused${note}; go on: peak-braze resume ${sync}` : ''}`;
}

export function ruleInWords({ every, day, hour, minute, timeZone }: ScheduleRule): string {
  const name = every === 'week' ? day!.charAt(0).toUpperCase() + day!.slice(1) : 'day';
  return `every ${name} ${timeOfDay(hour, minute)} ${timeZone}`;
}

function timeOfDay(hour: number, minute: number): string {
  return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
}

/** In the zone of the schedule, which is the one its hours are meant in. */
function nextRun(at: Date, timeZone: string): string {
  const day = at.toLocaleDateString('en-GB', { weekday: 'short', day: 'numeric', month: 'short', timeZone });
  const time = at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', timeZone });
  return `${day.replace(',', '')} ${time}`;
}

function toJson({ sync, change, rule, state }: Applied, dryRun: boolean) {
  return {
    sync,
    change,
    applied: !dryRun,
    schedule:
      rule === null
        ? null
        : {
            every: rule.every,
            ...(rule.day && { day: rule.day }),
            at: timeOfDay(rule.hour, rule.minute),
            timeZone: rule.timeZone,
          },
    paused: state?.paused ?? null,
    nextRunAt: state?.nextRunAt?.toISOString() ?? null,
  };
}

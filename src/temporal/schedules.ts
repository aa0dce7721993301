import { isDeepStrictEqual } from 'node:util';
import {
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type DayOfWeek,
  type ScheduleDescription,
  type ScheduleOptions,
} from '@temporalio/client';
import type { ScheduleRule } from '../types/settings';
import { WORKFLOW_TYPE, type SyncInput } from '../types/workflow';
import type { TemporalAccess } from './connect';
import { scheduleId, syncOfSchedule } from './ids';

/**
 * Temporal catches up on starts that it missed while it was down, if they are at most this old: longer than a weekly run plus
 * the longest default hold. With SKIP, all of them together start one run.
 */
const CATCHUP_WINDOW_MS = 8 * 86_400_000;

/** A schedule as an operator sees it. */
export interface ScheduleState {
  paused: boolean;
  note: string | null;
  nextRunAt: Date | null;
}

/** What changed, or would change, in one sync's schedule. */
export interface ScheduleChange {
  sync: string;
  change: 'create' | 'update' | 'unchanged' | 'remove';
  before: ScheduleBefore | null;
}

/** A schedule as it was found. */
interface ScheduleBefore {
  /** Null: a config cannot express its times; they were changed in Temporal. */
  rule: ScheduleRule | null;
  /** What it starts, and its policy for missed starts, are as configured. */
  policies: boolean;
}

type StartRun = ScheduleOptions['action'] & { type: 'startWorkflow' };

/**
 * Syncs Temporal's schedules with the config: creates, updates and removes. An operator's pause is kept. With `dryRun` it
 * changes nothing and returns the same answer.
 */
export async function applySchedules(
  temporal: TemporalAccess,
  rules: ReadonlyMap<string, ScheduleRule | null>,
  { dryRun }: { dryRun: boolean },
): Promise<ScheduleChange[]> {
  const changes: ScheduleChange[] = [];
  for (const [sync, rule] of rules) {
    if (rule !== null) changes.push(await applySchedule(temporal, sync, rule, dryRun));
  }
  // A list may be outdated, so schedules that the config names are looked up by name.
  const without = [...rules].flatMap(([sync, rule]) => (rule === null ? [sync] : []));
  const unknown = (await listedSyncs(temporal)).filter((sync) => !rules.has(sync));
  for (const sync of [...without, ...unknown]) {
    const before = await removeSchedule(temporal, sync, dryRun);
    if (before !== null) changes.push({ sync, change: 'remove', before });
  }
  return changes;
}

/** What was removed, or null. A schedule on another task queue belongs to another config and is not changed. */
async function removeSchedule(temporal: TemporalAccess, sync: string, dryRun: boolean): Promise<ScheduleBefore | null> {
  const description = await describe(temporal, sync);
  if (description?.action.taskQueue !== temporal.taskQueue) return null;
  if (!dryRun) await temporal.client.schedule.getHandle(scheduleId(sync)).delete();
  return beforeOf(description, sync, temporal);
}

async function applySchedule(
  temporal: TemporalAccess,
  sync: string,
  rule: ScheduleRule,
  dryRun: boolean,
): Promise<ScheduleChange> {
  const options = scheduleOptions(temporal, sync, rule);
  const handle = temporal.client.schedule.getHandle(options.scheduleId);
  const found = await describe(temporal, sync);
  const before = found === null ? null : beforeOf(found, sync, temporal);
  if (before !== null && before.policies && isDeepStrictEqual(before.rule, rule))
    return { sync, change: 'unchanged', before };
  if (dryRun) return { sync, change: before === null ? 'create' : 'update', before };
  try {
    await temporal.client.schedule.create(options);
    return { sync, change: 'create', before };
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
  // The spec is replaced as a whole: a merge would keep an old calendar beside the new one. The state stays, because it is the
  // operator's.
  await handle.update((previous) => ({
    ...previous,
    spec: options.spec,
    action: options.action as StartRun & { workflowId: string },
    policies: options.policies!,
  }));
  return { sync, change: 'update', before };
}

function scheduleOptions({ taskQueue }: TemporalAccess, sync: string, rule: ScheduleRule): ScheduleOptions {
  return {
    scheduleId: scheduleId(sync),
    spec: {
      // Scalars: a range without an end is encoded with end 1 (SDK 1.24).
      calendars: [
        {
          hour: rule.hour,
          minute: rule.minute,
          ...(rule.every === 'week' ? { dayOfWeek: dayOf(rule) } : {}),
        },
      ],
      timezone: rule.timeZone,
      ...(rule.jitterMs !== undefined && { jitter: rule.jitterMs }),
    },
    action: {
      type: 'startWorkflow',
      workflowType: WORKFLOW_TYPE,
      workflowId: scheduleId(sync),
      taskQueue,
      args: [{ sync } satisfies SyncInput],
    },
    // A run finds everything since the last one, so a skipped start loses nothing and runs do not pile up.
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: CATCHUP_WINDOW_MS, pauseOnFailure: false },
  };
}

/** Syncs with a schedule on our task queue, including those that the config no longer has. */
export async function scheduledSyncs(temporal: TemporalAccess): Promise<string[]> {
  const syncs = await listedSyncs(temporal);
  const descriptions = await Promise.all(syncs.map((sync) => describe(temporal, sync)));
  return syncs.filter((_, index) => descriptions[index]?.action.taskQueue === temporal.taskQueue);
}

/** Syncs that have a schedule, of any config. */
async function listedSyncs(temporal: TemporalAccess): Promise<string[]> {
  const syncs: string[] = [];
  for await (const { scheduleId: id } of temporal.client.schedule.list()) {
    const sync = syncOfSchedule(id);
    if (sync !== null) syncs.push(sync);
  }
  return syncs;
}

async function describe(temporal: TemporalAccess, sync: string): Promise<ScheduleDescription | null> {
  try {
    return await temporal.client.schedule.getHandle(scheduleId(sync)).describe();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return null;
    throw error;
  }
}

function beforeOf(description: ScheduleDescription, sync: string, { taskQueue }: TemporalAccess): ScheduleBefore {
  const { action, policies } = description;
  return {
    rule: ruleOf(description),
    policies:
      action.workflowType === WORKFLOW_TYPE &&
      action.taskQueue === taskQueue &&
      (action.args?.[0] as SyncInput | undefined)?.sync === sync &&
      policies.overlap === ScheduleOverlapPolicy.SKIP &&
      policies.catchupWindow === CATCHUP_WINDOW_MS &&
      !policies.pauseOnFailure,
  };
}

/** The config rule for these times; null where a config cannot express them. */
function ruleOf({ spec }: ScheduleDescription): ScheduleRule | null {
  const [calendar, ...others] = spec.calendars ?? [];
  const besides = others.length + (spec.intervals?.length ?? 0) + (spec.skip?.length ?? 0);
  if (calendar === undefined || besides > 0 || spec.startAt !== undefined || spec.endAt !== undefined) return null;
  const only = <Unit>(ranges: { start: Unit; end: Unit }[] | undefined): Unit | null =>
    ranges?.length === 1 && ranges[0]!.start === ranges[0]!.end ? ranges[0]!.start : null;
  const spans = <Unit>(ranges: { start: Unit; end: Unit; step: number }[] | undefined, start: Unit, end: Unit) =>
    ranges?.length === 1 && ranges[0]!.start === start && ranges[0]!.end === end && ranges[0]!.step === 1;
  const [hour, minute, day] = [only(calendar.hour), only(calendar.minute), only(calendar.dayOfWeek)];
  const daily = spans(calendar.dayOfWeek, 'SUNDAY', 'SATURDAY');
  const plain =
    only(calendar.second) === 0 && spans(calendar.dayOfMonth, 1, 31) && spans(calendar.month, 'JANUARY', 'DECEMBER');
  if (!plain || hour === null || minute === null || (!daily && day === null)) return null;
  return {
    ...(daily ? { every: 'day' } : { every: 'week', day: day!.toLowerCase() as NonNullable<ScheduleRule['day']> }),
    hour,
    minute,
    timeZone: spec.timezone ?? 'UTC',
    ...(spec.jitter ? { jitterMs: spec.jitter } : {}),
  };
}

function dayOf({ day }: ScheduleRule): DayOfWeek {
  return day!.toUpperCase() as DayOfWeek;
}

/** The schedule of a sync as an operator sees it, or null when it has none. */
export async function scheduleState(temporal: TemporalAccess, sync: string): Promise<ScheduleState | null> {
  const description = await describe(temporal, sync);
  if (description === null) return null;
  return {
    paused: description.state.paused,
    note: description.state.note ?? null,
    nextRunAt: description.info.nextActionTimes[0] ?? null,
  };
}

/** Pauses or resumes the schedule of a sync; false when it has none. */
export async function pauseSchedule(
  temporal: TemporalAccess,
  sync: string,
  paused: boolean,
  note: string,
): Promise<boolean> {
  const handle = temporal.client.schedule.getHandle(scheduleId(sync));
  try {
    await (paused ? handle.pause(note) : handle.unpause(note));
    return true;
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return false;
    throw error;
  }
}

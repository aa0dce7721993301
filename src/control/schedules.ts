import {
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type DayOfWeek,
  type ScheduleDescription,
  type ScheduleOptions,
} from '@temporalio/client';
import { WORKFLOW_TYPE, type ScheduleRule, type SyncInput } from '../types';
import type { TemporalAccess } from './connect';
import { scheduleId, syncOfSchedule } from './ids';

/** Longer than the longest run may be held (`holdFor`), so that a start that fell into a long run is not forgotten. */
const CATCHUP_WINDOW = '8 days';

export interface ScheduleState {
  paused: boolean;
  note: string | null;
  nextRunAt: Date | null;
}

export interface ScheduleChange {
  sync: string;
  change: 'create' | 'update' | 'unchanged' | 'remove';
}

type StartRun = ScheduleOptions['action'] & { type: 'startWorkflow' };

/**
 * Makes Temporal's schedules say what the config says: creates, updates and removes. An operator's pause is kept.
 * With `dryRun` only tells what it would do.
 */
export async function applySchedules(
  temporal: TemporalAccess,
  rules: ReadonlyMap<string, ScheduleRule | null>,
  { dryRun }: { dryRun: boolean },
): Promise<ScheduleChange[]> {
  const changes: ScheduleChange[] = [];
  for (const [sync, rule] of rules) {
    if (rule !== null) changes.push({ sync, change: await applySchedule(temporal, sync, rule, dryRun) });
  }
  // A list may lag behind: what the config still names is looked for by name.
  const without = [...rules].flatMap(([sync, rule]) => (rule === null ? [sync] : []));
  const unknown = (await listedSyncs(temporal)).filter((sync) => !rules.has(sync));
  for (const sync of [...without, ...unknown]) {
    if (await removeSchedule(temporal, sync, dryRun)) changes.push({ sync, change: 'remove' });
  }
  return changes;
}

/** Whether there was one to remove. Another task queue is another config's: its schedules are left alone. */
async function removeSchedule(temporal: TemporalAccess, sync: string, dryRun: boolean): Promise<boolean> {
  const description = await describe(temporal, sync);
  if (description?.action.taskQueue !== temporal.taskQueue) return false;
  if (!dryRun) await temporal.client.schedule.getHandle(scheduleId(sync)).delete();
  return true;
}

async function applySchedule(
  temporal: TemporalAccess,
  sync: string,
  rule: ScheduleRule,
  dryRun: boolean,
): Promise<ScheduleChange['change']> {
  const options = scheduleOptions(temporal, sync, rule);
  const handle = temporal.client.schedule.getHandle(options.scheduleId);
  const before = await describe(temporal, sync);
  if (before !== null && isSame(before, sync, rule, temporal)) return 'unchanged';
  if (dryRun) return before === null ? 'create' : 'update';
  try {
    await temporal.client.schedule.create(options);
    return 'create';
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
  // The spec is replaced whole: merged, an old calendar would go on beside the new one. State stays: it is the operator's.
  await handle.update((previous) => ({
    ...previous,
    spec: options.spec,
    action: options.action as StartRun & { workflowId: string },
    policies: { ...previous.policies, overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: CATCHUP_WINDOW },
  }));
  return 'update';
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
    },
    action: {
      type: 'startWorkflow',
      workflowType: WORKFLOW_TYPE,
      workflowId: scheduleId(sync),
      taskQueue,
      args: [{ sync } satisfies SyncInput],
    },
    // A run finds everything since the last one, so a skipped start loses nothing and nothing piles up.
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: CATCHUP_WINDOW, pauseOnFailure: false },
  };
}

/** Syncs with a schedule on our task queue, also those that the config no longer has. */
export async function scheduledSyncs(temporal: TemporalAccess): Promise<string[]> {
  const syncs = await listedSyncs(temporal);
  const descriptions = await Promise.all(syncs.map((sync) => describe(temporal, sync)));
  return syncs.filter((_, index) => descriptions[index]?.action.taskQueue === temporal.taskQueue);
}

/** Syncs that have a schedule, whichever config made it. */
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

function isSame(
  { spec, action }: ScheduleDescription,
  sync: string,
  rule: ScheduleRule,
  { taskQueue }: TemporalAccess,
): boolean {
  const [calendar, ...others] = spec.calendars ?? [];
  const besides = others.length + (spec.intervals?.length ?? 0) + (spec.skip?.length ?? 0);
  if (calendar === undefined || besides > 0) return false;
  const is = <Unit>(ranges: { start: Unit; end: Unit }[] | undefined, start: Unit, end: Unit = start) =>
    ranges?.length === 1 && ranges[0]!.start === start && ranges[0]!.end === end;
  return (
    is(calendar.second, 0) &&
    is(calendar.minute, rule.minute) &&
    is(calendar.hour, rule.hour) &&
    is(calendar.dayOfMonth, 1, 31) &&
    is(calendar.month, 'JANUARY', 'DECEMBER') &&
    (rule.every === 'week' ? is(calendar.dayOfWeek, dayOf(rule)) : is(calendar.dayOfWeek, 'SUNDAY', 'SATURDAY')) &&
    spec.timezone === rule.timeZone &&
    action.workflowType === WORKFLOW_TYPE &&
    action.taskQueue === taskQueue &&
    (action.args?.[0] as SyncInput | undefined)?.sync === sync
  );
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

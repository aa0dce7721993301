import type { ScheduleRule } from '../types/settings';

/** What the next clock changes do to a schedule's time of day. */
interface ClockChanges {
  /** The zone changes its clocks within the next thirteen months. */
  any: boolean;
  /** The day (`2027-03-28`) on which that time does not exist: Temporal starts no run. Null: none. */
  skippedOn: string | null;
  /** The day on which that time occurs twice: Temporal starts one run in Berlin, two in New York. Null: none. */
  doubledOn: string | null;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const LOOK_AHEAD_DAYS = 396;

/**
 * What the clock changes in the schedule's zone do to its time of day.
 *
 * @param nowMs the thirteen months begin here
 */
export function clockChanges(rule: ScheduleRule, nowMs: number): ClockChanges {
  const found: ClockChanges = { any: false, skippedOn: null, doubledOn: null };
  const offset = offsetIn(rule.timeZone);
  for (let day = 0; day < LOOK_AHEAD_DAYS; day += 1) {
    const from = nowMs + day * DAY_MS;
    const [before, after] = [offset(from), offset(from + DAY_MS)];
    if (before === after) continue;
    found.any = true;
    const at = changeBetween(offset, from, from + DAY_MS);
    // The wall clock jumps between these two; a time in between does not exist, or occurs twice.
    const affected = affectedDay(
      rule,
      at + Math.min(before, after) * MINUTE_MS,
      at + Math.max(before, after) * MINUTE_MS,
    );
    if (after > before) found.skippedOn ??= affected;
    else found.doubledOn ??= affected;
  }
  return found;
}

/** Minutes east of UTC at a moment. */
function offsetIn(timeZone: string): (atMs: number) => number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  return (atMs) => {
    const name = format.formatToParts(atMs).find(({ type }) => type === 'timeZoneName')!.value;
    const match = /GMT([+-])(\d\d):(\d\d)/.exec(name);
    return match === null ? 0 : (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]));
  };
}

function changeBetween(offset: (atMs: number) => number, fromMs: number, toMs: number): number {
  const before = offset(fromMs);
  let [low, high] = [Math.floor(fromMs / MINUTE_MS), Math.ceil(toMs / MINUTE_MS)];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offset(middle * MINUTE_MS) === before) low = middle;
    else high = middle;
  }
  return high * MINUTE_MS;
}

/** The day on which the schedule's time is in this stretch of wall-clock time, written as if it were UTC. */
function affectedDay({ every, day, hour, minute }: ScheduleRule, fromMs: number, toMs: number): string | null {
  const midnight = Math.floor(fromMs / DAY_MS) * DAY_MS;
  for (const date of [midnight, midnight + DAY_MS]) {
    const due = date + (hour * 60 + minute) * MINUTE_MS;
    if (due < fromMs || due >= toMs) continue;
    const weekday = new Date(date).toLocaleDateString('en-US', { weekday: 'long', timeZone: 'UTC' }).toLowerCase();
    return every === 'day' || weekday === day ? new Date(date).toISOString().slice(0, 10) : null;
  }
  return null;
}

import { showDuration } from '../../config/duration';
import type { ScheduleRule } from '../../types/settings';

/** `every Monday 06:00 Europe/Berlin, up to 15m later`. */
export function displaySchedule({ every, day, hour, minute, timeZone, jitterMs }: ScheduleRule): string {
  const jitter = jitterMs === undefined ? '' : `, up to ${showDuration(jitterMs)} later`;
  return `${displayDay(every, day)} ${displayTime(hour, minute)} ${timeZone}${jitter}`;
}

/** `every day` or `every Monday`. */
export function displayDay(every: ScheduleRule['every'], day: ScheduleRule['day']): string {
  return every === 'week' ? `every ${day!.charAt(0).toUpperCase()}${day!.slice(1)}` : 'every day';
}

/** `06:00`. */
export function displayTime(hour: number, minute: number): string {
  return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
}

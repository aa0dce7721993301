import type { TenantTime } from './values';

/** A date, or a time with or without a zone: as Postgres and what speaks its protocol write them, or ISO 8601. */
const TIME =
  /^(?<year>\d{4,6})-(?<month>\d\d)-(?<day>\d\d)(?:[ T](?<hour>\d\d):(?<minute>\d\d)(?::(?<second>\d\d)(?:\.(?<fraction>\d+))?)?(?: ?(?<zone>Z|[+-]\d\d(?::?\d\d(?::?\d\d)?)?))?)?(?<bc> BC)?$/i;

const SECONDS_PER_DAY = 86_400;

/**
 * A time of the tenant's database in ISO 8601, for JSON and CSV. With a zone it is converted to UTC; without one it gets none,
 * because nothing says which (docs/decisions/016), and a date stays a date. Digits of the second are those of the text: a
 * JavaScript Date would keep three. Years outside 0 to 9999 have a sign and six digits, as `Date` writes and reads them; 1 BC is
 * the year 0. Text that is no time, such as `infinity`, is returned unchanged.
 *
 * For display only: windows and watermarks are compared by Postgres, in the database's own text.
 */
export function isoTime(text: TenantTime): string;
export function isoTime(text: TenantTime | null): string | null;
export function isoTime(text: TenantTime | null): string | null {
  if (text === null) return null;
  const parts = TIME.exec(text)?.groups;
  if (parts === undefined) return text;
  const year = parts.bc === undefined ? Number(parts.year) : 1 - Number(parts.year);
  const date = { year, month: Number(parts.month), day: Number(parts.day) };
  if (parts.hour === undefined) return isoDate(date);
  const { hour, minute = '00', second = '00', zone } = parts;
  const fraction = parts.fraction === undefined ? '' : `.${parts.fraction}`;
  if (zone === undefined) return `${isoDate(date)}T${hour}:${minute}:${second}${fraction}`;
  const seconds = (Number(hour) * 60 + Number(minute)) * 60 + Number(second) - offsetSeconds(zone);
  const days = Math.floor(seconds / SECONDS_PER_DAY);
  return `${isoDate(neighbour(date, days))}T${isoClock(seconds - days * SECONDS_PER_DAY)}${fraction}Z`;
}

/** A day of the Gregorian calendar, by astronomical year. */
interface Day {
  year: number;
  month: number;
  day: number;
}

function isoDate({ year, month, day }: Day): string {
  return `${isoYear(year)}-${twoDigits(month)}-${twoDigits(day)}`;
}

function isoYear(year: number): string {
  if (year >= 0 && year <= 9_999) return String(year).padStart(4, '0');
  return `${year < 0 ? '-' : '+'}${String(Math.abs(year)).padStart(6, '0')}`;
}

function isoClock(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return [Math.floor(minutes / 60), minutes % 60, seconds % 60].map(twoDigits).join(':');
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}

/** `-00:30` has a sign of its own: −0 hours would lose it. */
function offsetSeconds(zone: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = (zone.match(/\d\d/g) ?? []).map(Number);
  const size = (hours * 60 + minutes) * 60 + seconds;
  return zone.startsWith('-') ? -size : size;
}

/** The day itself, or the one before or after it: no offset is longer than a day. */
function neighbour({ year, month, day }: Day, days: number): Day {
  const next = day + days;
  if (next < 1) {
    const before = month === 1 ? { year: year - 1, month: 12 } : { year, month: month - 1 };
    return { ...before, day: daysIn(before) };
  }
  if (next <= daysIn({ year, month })) return { year, month, day: next };
  return month === 12 ? { year: year + 1, month: 1, day: 1 } : { year, month: month + 1, day: 1 };
}

function daysIn({ year, month }: Omit<Day, 'day'>): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

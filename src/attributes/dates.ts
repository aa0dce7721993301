import type { Outgoing } from './outcome';

/**
 * A date, or a timestamp with or without a zone, as Postgres, MySQL and ISO 8601 write it. Fractions below 1 ms are truncated.
 */
const DATE_TIME =
  /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:Z|([+-]\d\d)(?::?(\d\d)(?::(\d\d))?)?)?)?$/;

/** Braze stores a date outside the years 0 to 3000 as a string. */
const LAST_YEAR = 3000;

const NOT_A_DATE: Outgoing = Object.freeze({
  refused: 'not-a-date',
  message: 'The column does not hold a date between the years 0 and 3000.',
});

/** ISO 8601 in UTC. A timestamp without a zone is read as UTC (the session's zone), a date as its midnight in UTC. */
export function dateValue(text: string): Outgoing {
  if (text !== lastText) {
    lastValue = parse(text);
    lastText = text;
  }
  return lastValue;
}

/** A model run stamps all its rows with one time, so it is parsed once. */
let lastText = '1970-01-01';
let lastValue: Outgoing = { value: '1970-01-01T00:00:00.000Z' };

function parse(text: string): Outgoing {
  const match = DATE_TIME.exec(text);
  if (match === null) return NOT_A_DATE;
  const year = match[1]!;
  const month = match[2]!;
  const day = match[3]!;
  const hour = match[4] ?? '00';
  const minute = match[5] ?? '00';
  const second = match[6] ?? '00';
  if (!isDay(Number(year), Number(month), Number(day)) || hour > '23' || minute > '59' || second > '59') {
    return NOT_A_DATE;
  }
  const milliseconds = (match[7] ?? '').slice(0, 3).padEnd(3, '0');
  const utc = `${year}-${month}-${day}T${hour}:${minute}:${second}.${milliseconds}Z`;
  const offset = match[8] === undefined ? 0 : offsetMs(match[8], match[9], match[10]);
  // A Date is created only where an offset applies: it costs more than everything else.
  return offset === 0 && Number(year) <= LAST_YEAR ? { value: utc } : movedBy(-offset, utc);
}

function movedBy(milliseconds: number, utc: string): Outgoing {
  const moved = new Date(Date.parse(utc) + milliseconds);
  const year = moved.getUTCFullYear();
  return year < 0 || year > LAST_YEAR ? NOT_A_DATE : { value: moved.toISOString() };
}

function isDay(year: number, month: number, day: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** The sign is read from the text: the −0 hours of `-00:30` would lose it. */
function offsetMs(signedHours: string, minutes = '0', seconds = '0'): number {
  const size = ((Number(signedHours.slice(1)) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
  return signedHours.startsWith('-') ? -size : size;
}

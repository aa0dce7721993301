import { type AnswerHeaders, header } from './headers';

/** Braze's longest window ends at the clock hour: a longer wait is a misread header. */
const LONGEST_WAIT_MS = 3_600_000;
/** Reset is an epoch on one kind of contract and seconds left on the other (rate_limits, post_user_track). */
const EARLIEST_EPOCH_SECONDS = 1_000_000_000;
/** Clocks this close count as equal: `Date` has whole seconds only. */
const CLOCK_TOLERANCE_MS = 5_000;

/**
 * How long a 429 asks us to wait, in ms from now; null when it does not say, or names a moment already past (the caller then
 * uses its own backoff, never a hot loop).
 */
export function retryAfterMs(headers: AnswerHeaders, nowMs: number): number | null {
  const clockMs = answerersClock(headers, nowMs);
  const waits = [
    secondsIn(headers, 'x-ratelimit-retry-after', clockMs),
    secondsIn(headers, 'retry-after', clockMs) ?? untilDate(header(headers, 'retry-after'), clockMs),
    secondsIn(headers, 'x-ratelimit-reset', clockMs),
  ];
  const wait = waits.find((ms) => ms !== null && ms > 0);
  return wait == null ? null : Math.min(wait, LONGEST_WAIT_MS);
}

/** Until the window ends, in ms, or null when the answer does not say. */
export function resetInMs(headers: AnswerHeaders, nowMs: number): number | null {
  return secondsIn(headers, 'x-ratelimit-reset', answerersClock(headers, nowMs));
}

/** Seconds left, or seconds since 1970. An empty string is not a number (a 401 has empty headers; `Number('')` is 0). */
function secondsIn(headers: AnswerHeaders, name: string, clockMs: number): number | null {
  const text = header(headers, name);
  if (!/^\d+(\.\d+)?$/.test(text)) return null;
  const seconds = Number(text);
  return seconds > EARLIEST_EPOCH_SECONDS ? seconds * 1000 - clockMs : seconds * 1000;
}

function untilDate(text: string, clockMs: number): number | null {
  // HTTP dates begin with a weekday; Date.parse alone would take "-1" for a year.
  const atMs = /^[A-Z][a-z]{2},/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(atMs) ? null : atMs - clockMs;
}

/** A time named by Braze is read on Braze's clock where ours is clearly wrong: a wrong clock must not cost an hour. */
function answerersClock(headers: AnswerHeaders, nowMs: number): number {
  const dateMs = Date.parse(header(headers, 'date'));
  return Math.abs(dateMs - nowMs) > CLOCK_TOLERANCE_MS ? dateMs : nowMs;
}

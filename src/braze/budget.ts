import { type AnswerHeaders, header } from './headers';
import { resetInMs } from './retryAfter';

/** What an answer says about the workspace's request budget, which all its clients share. */
export interface Budget {
  /** Requests a window, as Braze counts them. */
  limit: number;
  /** Left in this window once this request was counted. */
  remaining: number;
  /** `x-ratelimit-reset` as it came: it grows when a new window begins, in either way that Braze counts. */
  reset: number;
  /** Until the window ends, in ms; in whole seconds, so up to one too long. */
  resetInMs: number;
}

/**
 * The budget named by an answer's `x-ratelimit-*` headers, or null where they are missing or empty (a 401, and the 429 of an
 * MAU contract). Reset is in epoch seconds or in seconds left (Braze: API limits; post_user_track).
 */
export function readBudget(headers: AnswerHeaders, nowMs: number): Budget | null {
  const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map((name) => {
    const text = header(headers, `x-ratelimit-${name}`);
    return /^\d+$/.test(text) ? Number(text) : null;
  });
  const leftMs = resetInMs(headers, nowMs);
  if (limit == null || remaining == null || reset == null || leftMs === null) return null;
  return { limit, remaining, reset, resetInMs: Math.max(0, leftMs) };
}

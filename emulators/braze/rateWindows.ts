/** A number of requests in each window of a number of seconds. */
export interface RateLimit {
  requests: number;
  perSeconds: number;
  /**
   * `epoch` (default contracts): the reset in seconds since 1970, on every answer. `seconds` (MAU contracts): the seconds
   * left; a 429 has `x-ratelimit-retry-after` instead.
   */
  dialect?: 'epoch' | 'seconds';
}

interface RateAnswer {
  allowed: boolean;
  /** The headers of the request's answer. */
  headers: Record<string, string>;
}

/**
 * Counts requests in windows that are aligned to the clock, as Braze's are ("not on a rolling window"): a window of 3,600
 * seconds starts on the hour. If there are several limits (an hourly limit and a burst), each must allow a request. The
 * headers show the tightest limit; those of a refusal show the one with the longest wait. Which one Braze shows is assumed.
 */
export class RateWindows {
  readonly #windows: Window[];

  constructor(limits: RateLimit | readonly RateLimit[]) {
    this.#windows = [limits].flat().map((limit) => new Window(limit));
  }

  /** Sets how much of the same limit others use from now on, whether or not we send. */
  usedByOthers(requestsPerSecond: number, nowMs: number): void {
    for (const window of this.#windows) window.usedByOthers(requestsPerSecond, nowMs);
  }

  /** Counts one request in all windows of `nowMs`, or in none of them. */
  take(nowMs: number): RateAnswer {
    let tightest: Window | null = null;
    let refusing: Window | null = null;
    for (const window of this.#windows) {
      window.turn(nowMs);
      if (window.left(nowMs) === 0)
        refusing = refusing === null || window.endsAtMs > refusing.endsAtMs ? window : refusing;
      if (tightest === null || window.left(nowMs) < tightest.left(nowMs)) tightest = window;
    }
    if (refusing !== null) return { allowed: false, headers: refusing.headers(nowMs, false) };
    for (const window of this.#windows) window.take();
    return { allowed: true, headers: tightest?.headers(nowMs, true) ?? {} };
  }
}

class Window {
  readonly #limit: RateLimit;
  endsAtMs = 0;
  #taken = 0;
  #othersPerSecond = 0;
  #othersSinceMs = 0;
  /** Used by others before `#othersSinceMs`. */
  #takenByOthers = 0;

  constructor(limit: RateLimit) {
    this.#limit = limit;
  }

  turn(nowMs: number): void {
    if (nowMs < this.endsAtMs) return;
    const lengthMs = this.#limit.perSeconds * 1000;
    const startsAtMs = Math.floor(nowMs / lengthMs) * lengthMs;
    this.endsAtMs = startsAtMs + lengthMs;
    this.#taken = 0;
    this.#takenByOthers = 0;
    this.#othersSinceMs = startsAtMs;
  }

  usedByOthers(requestsPerSecond: number, nowMs: number): void {
    this.turn(nowMs);
    this.#takenByOthers = this.#othersUntil(nowMs);
    this.#othersSinceMs = nowMs;
    this.#othersPerSecond = requestsPerSecond;
  }

  take(): void {
    this.#taken += 1;
  }

  left(nowMs: number): number {
    return Math.max(0, Math.floor(this.#limit.requests - this.#taken - this.#othersUntil(nowMs)));
  }

  headers(nowMs: number, allowed: boolean): Record<string, string> {
    return rateHeaders(this.#limit, { remaining: this.left(nowMs), resetAtMs: this.endsAtMs, nowMs, allowed });
  }

  #othersUntil(nowMs: number): number {
    return this.#takenByOthers + (this.#othersPerSecond * (nowMs - this.#othersSinceMs)) / 1000;
  }
}

/** The headers of an answer under this limit, or of a 429 if the request was not allowed. */
export function rateHeaders(
  { requests, dialect = 'epoch' }: RateLimit,
  { remaining, resetAtMs, nowMs, allowed }: { remaining: number; resetAtMs: number; nowMs: number; allowed: boolean },
): Record<string, string> {
  const secondsLeft = String(Math.ceil((resetAtMs - nowMs) / 1000));
  if (dialect === 'seconds' && !allowed) return { 'x-ratelimit-retry-after': secondsLeft };
  return {
    'x-ratelimit-limit': String(requests),
    'x-ratelimit-remaining': String(remaining),
    'x-ratelimit-reset': dialect === 'seconds' ? secondsLeft : String(Math.ceil(resetAtMs / 1000)),
  };
}

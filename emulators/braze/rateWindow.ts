export interface RateLimit {
  requests: number;
  perSeconds: number;
  /**
   * `epoch` (default contracts): reset in seconds since 1970, on every answer. `seconds` (MAU contracts): seconds left,
   * and a 429 carries `x-ratelimit-retry-after` instead.
   */
  dialect?: 'epoch' | 'seconds';
}

/** Counts requests in windows that lie on the clock, as Braze's do ("not on a rolling window"). */
export class RateWindow {
  readonly #limit: RateLimit;
  #endsAtMs = 0;
  #taken = 0;

  constructor(limit: RateLimit) {
    this.#limit = limit;
  }

  /** Takes one request's place in the window of `nowMs`, with the headers its answer carries. */
  take(nowMs: number): { allowed: boolean; headers: Record<string, string> } {
    const { requests, perSeconds } = this.#limit;
    if (nowMs >= this.#endsAtMs) {
      const lengthMs = perSeconds * 1000;
      this.#endsAtMs = (Math.floor(nowMs / lengthMs) + 1) * lengthMs;
      this.#taken = 0;
    }
    const allowed = this.#taken < requests;
    if (allowed) this.#taken += 1;
    return { allowed, headers: this.#headers(allowed, nowMs) };
  }

  #headers(allowed: boolean, nowMs: number): Record<string, string> {
    return rateHeaders(this.#limit, this.#limit.requests - this.#taken, this.#endsAtMs, nowMs, allowed);
  }
}

/** The headers of an answer under this limit; of a 429 where the request was not allowed. */
export function rateHeaders(
  { requests, dialect = 'epoch' }: RateLimit,
  remaining: number,
  resetAtMs: number,
  nowMs: number,
  allowed: boolean,
): Record<string, string> {
  const secondsLeft = String(Math.ceil((resetAtMs - nowMs) / 1000));
  if (dialect === 'seconds' && !allowed) return { 'x-ratelimit-retry-after': secondsLeft };
  return {
    'x-ratelimit-limit': String(requests),
    'x-ratelimit-remaining': String(remaining),
    'x-ratelimit-reset': dialect === 'seconds' ? secondsLeft : String(Math.ceil(resetAtMs / 1000)),
  };
}

import type { Budget } from '../braze/budget';

/** An estimate over less time would mistake jitter for traffic of others. */
const MEASURE_OVER_MS = 500;
/** Weight of a new estimate when it is mixed with the old one. */
const SMOOTHING = 0.3;
const MIX_EVERY_MS = 100;
/** Below this part of our rate, what others use is noise. */
const NOISE = 0.05;
/** After this long without an answer the budget is unknown. */
const STALE_MS = 10_000;
/** A window longer than this is an hourly one; its last part is spread over the remaining time. */
const LONG_WINDOW_MS = 10_000;
const LAST_PART = 0.2;
/** Never slower than this part of the rate: a 429 then says exactly how long to wait. */
const SLOWEST = 0.01;

/**
 * Detects when the workspace's budget falls faster than we send, because other clients use it too, and computes the rate at
 * which it lasts. Answers are ordered by the slot numbers of their requests, so requests that have not reached Braze yet do not
 * distort the count.
 *
 * - *unknown*: at the beginning, and when the last answer is stale. The full rate is allowed.
 * - *measuring*: the first answer of a budget window is the anchor; later ones show how much others have used since.
 */
export class BudgetMonitor {
  #anchor: { slot: number; remaining: number; atMs: number } | null = null;
  #last: { slot: number; budget: Budget; atMs: number } | null = null;
  #othersPerSecond = 0;
  #mixedAtMs = 0;

  /** What the answer to the request of this slot said; `nowMs` on any clock, the same for all calls. */
  observe(slot: number, budget: Budget, nowMs: number): void {
    const last = this.#last;
    // An answer that arrives after that of a later request is older information.
    if (last !== null && slot <= last.slot) return;
    const newWindow = last === null || budget.reset > last.budget.reset;
    this.#last = { slot, budget, atMs: nowMs };
    if (newWindow) {
      this.#anchor = { slot, remaining: budget.remaining, atMs: nowMs };
      return;
    }
    const { slot: fromSlot, remaining, atMs } = this.#anchor!;
    const measuredMs = nowMs - atMs;
    if (measuredMs < MEASURE_OVER_MS || nowMs - this.#mixedAtMs < MIX_EVERY_MS) return;
    const byOthers = remaining - budget.remaining - (slot - fromSlot);
    const perSecond = Math.max(0, (byOthers / measuredMs) * 1000);
    this.#othersPerSecond += (perSecond - this.#othersPerSecond) * SMOOTHING;
    this.#mixedAtMs = nowMs;
  }

  /** Requests per second, at most `perSecond`, that leave others their share and last until the end of the window. */
  allowed(perSecond: number, nowMs: number): number {
    if (this.#last === null || nowMs - this.#last.atMs > STALE_MS) {
      this.#othersPerSecond = 0;
      return perSecond;
    }
    const { budget, atMs } = this.#last;
    const leftMs = budget.resetInMs - (nowMs - atMs);
    const lasting = leftMs <= 0 ? perSecond : (budget.remaining / leftMs) * 1000;
    let allowed = perSecond;
    if (this.#othersPerSecond > perSecond * NOISE) {
      allowed = Math.min(perSecond, lasting) - this.#othersPerSecond;
    } else if (leftMs > LONG_WINDOW_MS && budget.remaining < budget.limit * LAST_PART) {
      allowed = Math.min(perSecond, lasting);
    }
    return Math.max(allowed, perSecond * SLOWEST);
  }
}

import type { Budget } from '../braze/budget';

/** An estimate over less time would take jitter for somebody's traffic. */
const MEASURE_OVER_MS = 500;
/** Of the new estimate in each mix with the old one. */
const SMOOTHING = 0.3;
const MIX_EVERY_MS = 100;
/** Below this part of our rate, others are noise. */
const NOISE = 0.05;
/** Whoever has answered nothing for this long says nothing of the budget now. */
const STALE_MS = 10_000;
/** A window longer than this is an hourly one; of those, the last part is spread over the time left. */
const LONG_WINDOW_MS = 10_000;
const LAST_PART = 0.2;
/** Never slower than this part of the rate: a 429 then says exactly how long to wait. */
const SLOWEST = 0.01;

/**
 * Notices when the workspace's budget falls faster than we send, because other tools of the customer use it too, and
 * says how fast we may go so that it lasts. An answer is measured by the number of its request's slot: what is still on its
 * way to Braze does not blur the count.
 */
export class BudgetMonitor {
  #anchor: { slot: number; remaining: number; atMs: number } | null = null;
  #last: { slot: number; budget: Budget; atMs: number } | null = null;
  #othersPerSecond = 0;
  #mixedAtMs = 0;

  see(slot: number, budget: Budget, nowMs: number): void {
    const last = this.#last;
    // An answer that comes after that of a later request knows less than it.
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

  /** Requests a second, at most `perSecond`, that leave others their part and reach to the end of the window. */
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

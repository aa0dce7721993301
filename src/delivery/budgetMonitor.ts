import type { Budget } from '../braze/budget';

/** An estimate over less time would mistake jitter for traffic of others. */
const MEASURE_OVER_MS = 500;
/** Weight of a new estimate when it is mixed with the old one. */
const SMOOTHING = 0.3;
const MIX_EVERY_MS = 100;
/** Below this part of our rate, what others use is noise. */
const NOISE = 0.05;
/** After so long without an answer nothing is known of the budget. */
const STALE_MS = 10_000;
/** A window longer than this is an hourly one; of those, the last part is spread over the time left. */
const LONG_WINDOW_MS = 10_000;
const LAST_PART = 0.2;
/** Never slower than this part of the rate: a 429 then says exactly how long to wait. */
const SLOWEST = 0.01;

/**
 * Notices when the workspace's budget falls faster than we send, because other tools of the customer use it too, and says at
 * which rate we may send so that it lasts. Answers are measured by the numbers of their requests' slots: requests that have not
 * arrived at Braze yet do not blur the count.
 *
 * - *unknown*: at the beginning, and when the last answer is stale. The full rate is allowed.
 * - *measuring*: the first answer of a budget window is the anchor; later ones tell how much others have used since.
 */
export class BudgetMonitor {
  #anchor: { slot: number; remaining: number; atMs: number } | null = null;
  #last: { slot: number; budget: Budget; atMs: number } | null = null;
  #othersPerSecond = 0;
  #mixedAtMs = 0;

  /** What the answer to the request of this slot said; `nowMs` on any clock, the same for all calls. */
  observe(slot: number, budget: Budget, nowMs: number): void {
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

  /** Requests a second, at most `perSecond`, that leave others their part and last to the end of the window. */
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

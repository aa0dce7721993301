import { setTimeout as sleep } from 'node:timers/promises';
import type { Budget } from '../braze/budget';
import type { Ledger } from '../ledger/open';
import { postponeSlots, reserveSlots, type Rate } from '../ledger/pace';
import { BudgetMonitor } from './budgetMonitor';
import { monotonicNowMs } from './monotonicClock';

/** How much a process reserves at once: few enough updates of one row, little enough to waste at the end. */
const RESERVE_MS = 50;

/** A slot not used this long after its time is given up: used late, it would crowd the requests after it. */
const SLOT_GOOD_FOR_MS = 30;

/**
 * The pace of one workspace in this process, shared by all its chunks: slots are reserved in the ledger's row a few at a
 * time and handed out to the lowest chunk that waits, and within a chunk first come first served.
 *
 * Chunks that shared the slots evenly would end together, and the gaps between them, which lanes are there to hide, would
 * fall on one moment.
 */
export class RateLimiter {
  readonly #ledger: Ledger;
  readonly #workspaceId: number;
  #rate: Rate;
  #waiting: Waiter[] = [];
  readonly #watch = new BudgetMonitor();
  #slots: Slots = NO_SLOTS;
  /** The next ones, asked for before these run out: the ledger's answer must not cost pace. */
  #ahead: Promise<Slots> | null = null;
  /** How often Braze said to wait: slots reserved before that are void. */
  #postponed = 0;
  #handingOut = false;

  constructor(ledger: Ledger, workspaceId: number, rate: Rate) {
    this.#ledger = ledger;
    this.#workspaceId = workspaceId;
    this.#rate = rate;
  }

  set rate(rate: Rate) {
    this.#rate = rate;
  }

  /** Resolves when the next request may start, with the number of its slot; rejects with the signal's reason, or when the ledger cannot be reached. */
  take(signal: AbortSignal, chunk = 0): Promise<number> {
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    return new Promise((grant, refuse) => {
      const after = this.#waiting.findLastIndex((one) => one.chunk <= chunk);
      this.#waiting.splice(after + 1, 0, { chunk, grant, refuse, signal });
      if (!this.#handingOut) void this.#handOut();
    });
  }

  /** Braze said to wait: nobody sends to this workspace before that, in any process. */
  async postpone(ms: number): Promise<void> {
    this.#postponed += 1;
    this.#slots = NO_SLOTS;
    this.#ahead = null;
    await postponeSlots(this.#ledger, this.#workspaceId, ms);
  }

  /** How long until the next slot, in ms: an hour's budget that is used up is a long wait. */
  nextInMs(): number {
    return this.#slots.nextAtMs - monotonicNowMs();
  }

  /** What Braze said of the budget when it answered the request of this slot. */
  observe(slot: number, budget: Budget): void {
    this.#watch.see(slot, budget, monotonicNowMs());
  }

  async #handOut(): Promise<void> {
    this.#handingOut = true;
    try {
      for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
        if (first.signal.aborted) {
          this.#waiting.shift();
          first.refuse(first.signal.reason);
          continue;
        }
        if (this.#slots.left === 0) {
          await this.#refill();
          continue;
        }
        const inMs = this.#slots.nextAtMs - monotonicNowMs();
        if (inMs > 0) {
          // Short naps, so that whoever is stopped meanwhile leaves at once.
          await sleep(Math.min(inMs, RESERVE_MS));
          continue;
        }
        this.#slots.left -= 1;
        if (this.#slots.left === this.#slots.count - 1) this.#reserveAhead();
        this.#slots.nextAtMs += this.#slots.intervalMs;
        if (inMs < -(SLOT_GOOD_FOR_MS + this.#rate.burst * this.#slots.intervalMs)) continue;
        this.#waiting.shift();
        first.grant(this.#slots.last - this.#slots.left);
      }
    } catch (error) {
      for (const { refuse } of this.#waiting.splice(0)) refuse(error);
    } finally {
      this.#handingOut = false;
    }
  }

  async #refill(): Promise<void> {
    const postponed = this.#postponed;
    const reserved = this.#ahead ?? this.#reserve();
    this.#ahead = null;
    const slots = await reserved;
    if (postponed === this.#postponed) this.#slots = slots;
  }

  #reserveAhead(): void {
    this.#ahead = this.#reserve();
    // Met by whoever awaits it, if anybody still wants a slot.
    this.#ahead.catch(() => undefined);
  }

  async #reserve(): Promise<Slots> {
    const { perSecond, burst, perHour } = this.#rate;
    const allowed = this.#watch.allowed(perSecond, monotonicNowMs());
    const count = Math.min(Math.max(1, Math.ceil((allowed * RESERVE_MS) / 1000)), perHour ?? Number.POSITIVE_INFINITY);
    // What others use has no room for a burst of ours.
    const rate = { perSecond: allowed, burst: allowed < perSecond ? 1 : burst, perHour };
    const { firstInMs, intervalMs, last } = await reserveSlots(this.#ledger, this.#workspaceId, rate, count);
    return { nextAtMs: monotonicNowMs() + firstInMs, intervalMs, count, left: count, last };
  }
}

interface Waiter {
  chunk: number;
  grant: (slot: number) => void;
  refuse: (error: unknown) => void;
  signal: AbortSignal;
}

interface Slots {
  nextAtMs: number;
  intervalMs: number;
  count: number;
  left: number;
  /** Number of the last of them. */
  last: number;
}

const NO_SLOTS: Slots = Object.freeze({ nextAtMs: 0, intervalMs: 0, count: 0, left: 0, last: 0 });

/** One pace a workspace in this process. */
export function createRateLimiters(ledger: Ledger): (workspaceId: number, rate: Rate) => RateLimiter {
  const paces = new Map<number, RateLimiter>();
  return (workspaceId, rate) => {
    const pace = paces.get(workspaceId) ?? new RateLimiter(ledger, workspaceId, rate);
    pace.rate = rate;
    paces.set(workspaceId, pace);
    return pace;
  };
}

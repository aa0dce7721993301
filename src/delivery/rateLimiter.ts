import type { Budget } from '../braze/budget';
import type { Ledger } from '../ledger/open';
import { postponeSlots, reserveSlots, type Rate, type ReservedSlots } from '../ledger/rateSlots';
import type { Progress } from '../types/progress';
import { BudgetMonitor } from './budgetMonitor';
import { MARK_EVERY_MS } from './knownWait';
import { SYSTEM_CLOCK, type Clock } from './monotonicClock';

/** How much a process reserves at once: few updates of one row, and little waste at the end. */
const RESERVE_MS = 50;

/** Sleeps at most this long at a time, so that an aborted waiter is rejected promptly. */
const SLEEP_AT_MOST_MS = 50;

/** A slot that was not used this long after its time is dropped: used late, it would crowd the requests after it. */
const SLOT_GOOD_FOR_MS = 30;

const UNWATCHED = { mark() {} };

/** The slots of one workspace, which all processes share. */
export interface SlotStore {
  /** Reserves the next slots. */
  reserve(rate: Rate, count: number): Promise<ReservedSlots>;
  /** No slot begins before this many ms from now, in any process. */
  postpone(ms: number): Promise<void>;
}

/**
 * The request rate of one workspace in this process, shared by all its chunks: slots are reserved in the ledger a few at a
 * time and granted to the lowest chunk that waits, and within a chunk first come, first served.
 *
 * Chunks that shared the slots evenly would end together, and the gaps between them, which lanes exist to hide, would coincide.
 *
 * - *idle*: no request waits. `take` starts one loop, which ends when none waits any more.
 * - *refilling*: no slot is left. The loop waits for the reservation that was prefetched when the first of the last slots was
 *   granted, or makes one.
 * - *sleeping*: the next slot is in the future.
 * - *granting*: its time has come. A slot too late is dropped; else the first waiter gets it.
 *
 * `postpone` voids, in any state, all slots reserved so far and those being reserved. A reservation that fails rejects all who
 * wait, and the next `take` starts again.
 */
export class RateLimiter {
  readonly #store: SlotStore;
  readonly #clock: Clock;
  readonly #budget = new BudgetMonitor();
  #rate: Rate;
  /** By chunk, and within a chunk in order of arrival. */
  #waiting: Waiter[] = [];
  #slots: Slots = NO_SLOTS;
  /** The next slots, requested before these run out: the ledger's answer must not cost time. */
  #prefetched: Promise<Slots> | null = null;
  /** How often `postpone` was called: slots reserved before the last time are void. */
  #postponements = 0;
  #isLooping = false;
  #markedAtMs = Number.NEGATIVE_INFINITY;

  constructor(store: SlotStore, rate: Rate, clock: Clock = SYSTEM_CLOCK) {
    this.#store = store;
    this.#rate = rate;
    this.#clock = clock;
  }

  /** Applies from the next reservation on. */
  set rate(rate: Rate) {
    this.#rate = rate;
  }

  /**
   * Resolves when the next request may start, with the number of its slot. Until then it marks progress twice a second: slots are
   * granted to others, or the next one has its time.
   *
   * @throws the signal's reason, when it is aborted first; the ledger's error, when slots cannot be reserved
   */
  take(signal: AbortSignal, chunk = 0, progress: Pick<Progress, 'mark'> = UNWATCHED): Promise<number> {
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    return new Promise((grant, refuse) => {
      const after = this.#waiting.findLastIndex((one) => one.chunk <= chunk);
      this.#waiting.splice(after + 1, 0, { chunk, grant, refuse, signal, progress });
      if (!this.#isLooping) void this.#loop();
    });
  }

  /** Braze said to wait: no process sends to this workspace for this many ms. */
  async postpone(ms: number): Promise<void> {
    this.#postponements += 1;
    this.#slots = NO_SLOTS;
    this.#prefetched = null;
    await this.#store.postpone(ms);
  }

  /** Ms until the next slot: long when an hour's budget is used up. */
  nextInMs(): number {
    return this.#slots.nextAtMs - this.#clock.nowMs();
  }

  /** What Braze said of the budget when it answered the request of this slot. */
  observe(slot: number, budget: Budget): void {
    this.#budget.observe(slot, budget, this.#clock.nowMs());
  }

  async #loop(): Promise<void> {
    this.#isLooping = true;
    try {
      for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
        if (first.signal.aborted) {
          this.#waiting.shift();
          first.refuse(first.signal.reason);
          continue;
        }
        if (this.#slots.left === 0) {
          this.#markWaits();
          await this.#refill();
          continue;
        }
        const inMs = this.nextInMs();
        if (inMs > 0) {
          this.#markWaits();
          await this.#clock.sleep(Math.min(inMs, SLEEP_AT_MOST_MS));
          continue;
        }
        const slot = this.#useSlot();
        if (inMs < -(SLOT_GOOD_FOR_MS + this.#rate.burst * this.#slots.intervalMs)) continue;
        this.#waiting.shift();
        first.grant(slot);
      }
    } catch (error) {
      for (const { refuse } of this.#waiting.splice(0)) refuse(error);
    } finally {
      this.#isLooping = false;
    }
  }

  #markWaits(): void {
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#markedAtMs < MARK_EVERY_MS) return;
    this.#markedAtMs = nowMs;
    for (const { progress } of this.#waiting) progress.mark();
  }

  /** Takes the next reserved slot; returns its number. */
  #useSlot(): number {
    const slots = this.#slots;
    slots.left -= 1;
    if (slots.left === slots.count - 1) this.#prefetch();
    slots.nextAtMs += slots.intervalMs;
    return slots.last - slots.left;
  }

  async #refill(): Promise<void> {
    const postponements = this.#postponements;
    const reserved = this.#prefetched ?? this.#reserve();
    this.#prefetched = null;
    const slots = await reserved;
    if (postponements === this.#postponements) this.#slots = slots;
  }

  #prefetch(): void {
    this.#prefetched = this.#reserve();
    // #refill handles a failure, if a request still waits for a slot.
    this.#prefetched.catch(() => undefined);
  }

  async #reserve(): Promise<Slots> {
    const { perSecond, burst, perHour } = this.#rate;
    const allowed = this.#budget.allowed(perSecond, this.#clock.nowMs());
    const count = Math.min(Math.max(1, Math.ceil((allowed * RESERVE_MS) / 1000)), perHour ?? Number.POSITIVE_INFINITY);
    // What others use leaves no room for a burst.
    const rate = { perSecond: allowed, burst: allowed < perSecond ? 1 : burst, perHour };
    const { firstInMs, intervalMs, last } = await this.#store.reserve(rate, count);
    return { nextAtMs: this.#clock.nowMs() + firstInMs, intervalMs, count, left: count, last };
  }
}

interface Waiter {
  chunk: number;
  grant: (slot: number) => void;
  refuse: (error: unknown) => void;
  signal: AbortSignal;
  progress: Pick<Progress, 'mark'>;
}

/** Slots that were reserved together. */
interface Slots {
  /** When the next of them begins, on the clock's time. */
  nextAtMs: number;
  intervalMs: number;
  /** How many there were, and how many of them are left. */
  count: number;
  left: number;
  /** Number of the last of them. */
  last: number;
}

const NO_SLOTS: Slots = Object.freeze({ nextAtMs: 0, intervalMs: 0, count: 0, left: 0, last: 0 });

/** One limiter per workspace in this process. */
export function createRateLimiters(ledger: Ledger): (workspaceId: number, rate: Rate) => RateLimiter {
  const limiters = new Map<number, RateLimiter>();
  return (workspaceId, rate) => {
    const limiter = limiters.get(workspaceId) ?? new RateLimiter(slotStore(ledger, workspaceId), rate);
    limiter.rate = rate;
    limiters.set(workspaceId, limiter);
    return limiter;
  };
}

function slotStore(ledger: Ledger, workspaceId: number): SlotStore {
  return {
    reserve: (rate, count) => reserveSlots(ledger, workspaceId, rate, count),
    postpone: (ms) => postponeSlots(ledger, workspaceId, ms),
  };
}

import fc from 'fast-check';
import { RateLimiter, type SlotStore } from '../../src/delivery/rateLimiter';
import type { Rate, ReservedSlots } from '../../src/ledger/rateSlots';
import { FakeClock } from './fakeClock';

/** The workspace's row on a clock of the test's own: the ledger's algorithm in five lines. */
class FakeSlots implements SlotStore {
  readonly #clock: FakeClock;
  #nextMs = Number.NEGATIVE_INFINITY;
  #last = 0;
  failure: Error | null = null;
  /** How long the ledger takes to answer. */
  latencyMs = 0;
  reservations = 0;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  async reserve({ perSecond, burst }: Rate, count: number): Promise<ReservedSlots> {
    this.reservations += 1;
    if (this.failure !== null) throw this.failure;
    const intervalMs = 1_000 / perSecond;
    const nowMs = this.#clock.nowMs();
    const startMs = Math.max(this.#nextMs, nowMs - burst * intervalMs);
    this.#nextMs = startMs + count * intervalMs;
    this.#last += count;
    const reserved = { firstInMs: startMs - nowMs, intervalMs, count, last: this.#last };
    if (this.latencyMs > 0) await this.#clock.sleep(this.latencyMs);
    return reserved;
  }

  postpone = async (ms: number) => void (this.#nextMs = Math.max(this.#nextMs, this.#clock.nowMs() + ms));
}

let clock: FakeClock;
let slots: FakeSlots;
beforeEach(() => {
  clock = new FakeClock();
  slots = new FakeSlots(clock);
});

const never = new AbortController().signal;

/** Asks for slots; gives when each was granted, and its number. */
function taking(limiter: RateLimiter, count: number, chunk = 0): { atMs: number; slot: number }[] {
  const granted: { atMs: number; slot: number }[] = [];
  for (let n = 0; n < count; n += 1) {
    void limiter.take(never, chunk).then((slot) => granted.push({ atMs: clock.nowMs(), slot }));
  }
  return granted;
}

test('slots go to the lowest chunk that waits, and within a chunk to the request that asked first', async () => {
  const limiter = new RateLimiter(slots, { perSecond: 100, burst: 1 }, clock);
  const granted: string[] = [];
  for (const who of ['7a', '7b', '3a', '9a', '3b', '7c']) {
    void limiter.take(never, Number(who[0])).then(() => granted.push(who));
  }
  await clock.pass(1_000);
  expect(granted).toEqual(['3a', '3b', '7a', '7b', '7c', '9a']);
});

test('slots that were not used in time are dropped: after a rest no more start at once than the burst', async () => {
  const limiter = new RateLimiter(slots, { perSecond: 100, burst: 2 }, clock);
  const first = taking(limiter, 1);
  await clock.pass(1_000);
  expect(first).toHaveLength(1);
  const later = taking(limiter, 20);
  await clock.pass(0);
  // Of the ten that were reserved by then none is good any more.
  expect(later.map(({ slot }) => slot)).toEqual([11, 12, 13]);
  await clock.pass(200);
  expect(later).toHaveLength(20);
});

test('a 429 voids the slots that are being reserved, and those that were', async () => {
  slots.latencyMs = 20;
  const limiter = new RateLimiter(slots, { perSecond: 100, burst: 1 }, clock);
  const first = taking(limiter, 1);
  await clock.pass(10);
  await limiter.postpone(700);
  await clock.pass(699);
  expect(first).toEqual([]);
  await clock.pass(100);
  expect(first).toHaveLength(1);

  // Four are left of that reservation, and the next one is there too.
  await limiter.postpone(700);
  const waiting = taking(limiter, 8);
  await clock.pass(699);
  expect(waiting).toEqual([]);
  await clock.pass(300);
  expect(waiting).toHaveLength(8);
});

test('the next slots are reserved before these run out: a slow ledger costs no time', async () => {
  const limiter = new RateLimiter(slots, { perSecond: 200, burst: 1 }, clock);
  slots.latencyMs = 40;
  const granted = taking(limiter, 400);
  await clock.pass(40 + 2_000);
  expect(granted.length).toBeGreaterThan(395);
});

test('a ledger that cannot be reached rejects all who wait; who asks later is served when it is back', async () => {
  const limiter = new RateLimiter(slots, { perSecond: 100, burst: 1 }, clock);
  slots.failure = new Error('away');
  const waiting = [limiter.take(never), limiter.take(never, 3), limiter.take(never)];
  const rejected = Promise.all(waiting.map((one) => expect(one).rejects.toThrow('away')));
  await clock.pass(0);
  await rejected;
  slots.failure = null;
  const later = taking(limiter, 2);
  await clock.pass(100);
  expect(later).toHaveLength(2);
});

test('a waiter that is aborted is rejected within 50 ms with the reason, and takes no slot', async () => {
  const limiter = new RateLimiter(slots, { perSecond: 100, burst: 1 }, clock);
  await limiter.postpone(60_000);
  const stop = new AbortController();
  const reasons: unknown[] = [];
  limiter.take(stop.signal).catch((reason: unknown) => reasons.push(reason));
  const other = taking(limiter, 1);
  await clock.pass(1_000);
  stop.abort('stopped');
  await clock.pass(50);
  expect(reasons).toEqual(['stopped']);
  await clock.pass(60_000);
  expect(other).toEqual([{ atMs: 60_000, slot: 1 }]);
  await expect(limiter.take(stop.signal)).rejects.toBe('stopped');
});

test('whoever waits marks progress for as long as it takes, and nobody does who does not wait', async () => {
  const limiter = new RateLimiter(slots, { perSecond: 100, burst: 1 }, clock);
  await limiter.postpone(3_600_000);
  let marks = 0;
  void limiter.take(never, 0, { mark: () => void (marks += 1) });
  await clock.pass(60_000);
  expect(marks).toBeGreaterThan(100);
  await clock.pass(3_600_000);
  const waited = marks;
  taking(limiter, 50);
  await clock.pass(10_000);
  expect(marks).toBe(waited);
});

/** How often the fullest of all windows of so many ms was granted. */
function fullest(grantedAtMs: number[], windowMs: number): number {
  let most = 0;
  for (let from = 0, to = 0; to < grantedAtMs.length; to += 1) {
    while (grantedAtMs[to]! - grantedAtMs[from]! > windowMs) from += 1;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

test('however requests arrive, no window of three seconds has more than rate × 3 + burst, and everybody gets a slot', async () => {
  const arrivals = fc.array(
    fc.record({ afterMs: fc.integer({ min: 0, max: 900 }), count: fc.integer({ min: 1, max: 400 }), chunk: fc.nat(3) }),
    { minLength: 1, maxLength: 12 },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(20, 100, 300),
      fc.integer({ min: 1, max: 15 }),
      fc.nat(60),
      arrivals,
      async (perSecond, burst, latencyMs, groups) => {
        clock = new FakeClock();
        slots = new FakeSlots(clock);
        slots.latencyMs = latencyMs;
        const limiter = new RateLimiter(slots, { perSecond, burst }, clock);
        const grantedAtMs: number[] = [];
        let asked = 0;
        for (const { afterMs, count, chunk } of groups) {
          await clock.pass(afterMs);
          for (let n = 0; n < count; n += 1) {
            asked += 1;
            void limiter.take(never, chunk).then(() => grantedAtMs.push(clock.nowMs()));
          }
        }
        await clock.pass((asked / perSecond) * 2_000 + 10_000);
        expect(grantedAtMs).toHaveLength(asked);
        // A slot is good for 30 ms after its time, and the slot that opens the window is the one that any rate allows.
        expect(fullest(grantedAtMs, 3_000)).toBeLessThanOrEqual(perSecond * 3.03 + burst + 1);
      },
    ),
    { numRuns: 40 },
  );
}, 60_000);

/** A workspace of Braze whose budget others use as well. */
class SharedBudget {
  readonly #limit: number;
  readonly #windowMs: number;
  readonly #othersPerSecond: number;
  #window = -1;
  #taken = 0;
  refused = 0;

  constructor(limit: number, windowMs: number, othersPerSecond: number) {
    this.#limit = limit;
    this.#windowMs = windowMs;
    this.#othersPerSecond = othersPerSecond;
  }

  /** Counts a request; gives what its answer says. */
  take(nowMs: number) {
    const window = Math.floor(nowMs / this.#windowMs);
    if (window !== this.#window) [this.#window, this.#taken] = [window, 0];
    const byOthers = Math.floor(((nowMs % this.#windowMs) / 1_000) * this.#othersPerSecond);
    this.#taken += 1;
    const remaining = this.#limit - this.#taken - byOthers;
    if (remaining < 0) this.refused += 1;
    return {
      limit: this.#limit,
      remaining: Math.max(0, remaining),
      reset: 1_700_000_000 + window,
      resetInMs: this.#windowMs - (nowMs % this.#windowMs),
    };
  }
}

test('what others use of the budget is left to them: hardly a request is refused, and most of the rest is used', async () => {
  // 600 requests in 3 s, of which others use 80 a second: 120 a second are left. Alone it would be 197.
  const limiter = new RateLimiter(slots, { perSecond: 197, burst: 3 }, clock);
  const budget = new SharedBudget(600, 3_000, 80);
  let sent = 0;
  const sender = async () => {
    for (;;) {
      const slot = await limiter.take(never);
      sent += 1;
      const answer = budget.take(clock.nowMs());
      await clock.sleep(5);
      limiter.observe(slot, answer);
    }
  };
  for (let n = 0; n < 8; n += 1) void sender();
  await clock.pass(30_000);
  expect(budget.refused).toBeLessThanOrEqual(2);
  expect(sent / 30).toBeLessThan(130);
  expect(sent / 30).toBeGreaterThan(85);
});

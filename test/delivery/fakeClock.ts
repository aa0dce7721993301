import type { Clock } from '../../src/delivery/monotonicClock';

/** A clock that a test moves. Sleepers are woken in order, and what follows from one happens before the next. */
export class FakeClock implements Clock {
  #nowMs = 0;
  #sleepers: { atMs: number; wake: () => void }[] = [];

  nowMs = () => this.#nowMs;

  sleep = (ms: number) => new Promise<void>((wake) => void this.#sleepers.push({ atMs: this.#nowMs + ms, wake }));

  async pass(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      await settle();
      const next = this.#sleepers.reduce<{ atMs: number; wake: () => void } | null>(
        (first, one) => (first === null || one.atMs < first.atMs ? one : first),
        null,
      );
      if (next === null || next.atMs > untilMs) break;
      this.#sleepers = this.#sleepers.filter((one) => one !== next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.wake();
    }
    this.#nowMs = untilMs;
  }
}

/** Lets everything happen that needs no time. */
const settle = () => new Promise<void>((done) => setImmediate(done));

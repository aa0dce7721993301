import { setTimeout as sleep } from 'node:timers/promises';

/** By how much the wall clock has been set back so far. */
let setBackMs = 0;
let lastMs = 0;

/**
 * A clock for ages and waits, in ms: it never goes back when the wall clock is corrected, and unlike `performance.now()` it
 * continues while the machine sleeps. How long a correction took is not known; it counts as no time.
 */
export function monotonicNowMs(): number {
  const nowMs = Date.now() + setBackMs;
  if (nowMs < lastMs) setBackMs += lastMs - nowMs;
  else lastMs = nowMs;
  return lastMs;
}

/** Time as a parameter, so that a test can control it. */
export interface Clock {
  nowMs(): number;
  sleep(ms: number): Promise<void>;
}

export const SYSTEM_CLOCK: Clock = { nowMs: monotonicNowMs, sleep: (ms) => sleep(ms) };

/** What the wall clock has been set back by so far. */
let setBackMs = 0;
let lastMs = 0;

/**
 * A clock for ages and waits, in ms: it never goes back when the wall clock is corrected, and unlike `performance.now()` it goes on
 * while the machine sleeps. Of the moment a correction took nothing is known; it counts as none.
 */
export function monotonicNowMs(): number {
  const nowMs = Date.now() + setBackMs;
  if (nowMs < lastMs) setBackMs += lastMs - nowMs;
  else lastMs = nowMs;
  return lastMs;
}

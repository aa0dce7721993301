import { BudgetMonitor } from '../../src/delivery/budgetMonitor';

const WINDOW_MS = 3_000;
const LIMIT = 3_000;
const RATE = 985;

interface Traffic {
  othersPerSecond: number;
  seconds: number;
  /** Round trip, evenly spread between the two. */
  latencyMs?: [number, number];
  /** As an MAU contract counts: seconds left, not the epoch. */
  secondsLeft?: boolean;
}

/**
 * Braze's budget and a sender that goes as fast as the monitor allows, on a clock of their own: request by request, each counted
 * half a round trip after it was sent and answered after the other half. Gives sent requests and refusals.
 */
function simulate(monitor: BudgetMonitor, { othersPerSecond, seconds, latencyMs = [1, 1], secondsLeft }: Traffic) {
  const answers: { atMs: number; see: () => void }[] = [];
  let [sent, refused, slot, counted, windowEnd, others, nextMs] = [0, 0, 0, 0, WINDOW_MS, 0, 0];
  let spread = 0;
  for (let atMs = 0; atMs < seconds * 1000; atMs += 0.5) {
    if (atMs >= windowEnd) [counted, others, windowEnd] = [0, 0, windowEnd + WINDOW_MS];
    others += othersPerSecond / 2_000;
    for (const { see } of answers.filter((answer) => answer.atMs <= atMs)) see();
    answers.splice(0, answers.length, ...answers.filter((answer) => answer.atMs > atMs));
    if (atMs < nextMs) continue;
    nextMs = Math.max(nextMs, atMs - 15) + 1000 / monitor.allowed(RATE, atMs);
    slot += 1;
    sent += 1;
    spread = (spread + 0.37) % 1;
    const roundTripMs = latencyMs[0] + (latencyMs[1] - latencyMs[0]) * spread;
    const remaining = Math.floor(LIMIT - (counted += 1) - others);
    if (remaining < 0) refused += 1;
    const leftMs = windowEnd - atMs;
    const [number, end] = [slot, windowEnd];
    const budget = {
      limit: LIMIT,
      remaining: Math.max(0, remaining),
      reset: secondsLeft ? Math.ceil(leftMs / 1000) : 1_700_000_000 + end / 1000,
      resetInMs: secondsLeft ? Math.ceil(leftMs / 1000) * 1000 : leftMs,
    };
    answers.push({ atMs: atMs + roundTripMs, see: () => monitor.observe(number, budget, atMs + roundTripMs) });
  }
  return { sent, refused };
}

test.each<[string, Partial<Traffic>]>([
  ['at once', {}],
  ['after 50 to 150 ms', { latencyMs: [50, 150] }],
  ['in seconds left, after 80 ms', { latencyMs: [80, 80], secondsLeft: true }],
])('alone in the workspace it is never slowed down, answers come %s', (_, traffic) => {
  const { sent, refused } = simulate(new BudgetMonitor(), { othersPerSecond: 0, seconds: 12, ...traffic });
  expect(refused).toBe(0);
  expect(sent).toBeGreaterThanOrEqual(RATE * 12 * 0.995);
});

test.each<[string, Partial<Traffic>]>([
  ['at once', {}],
  ['after 50 to 150 ms', { latencyMs: [50, 150] }],
  ['in seconds left', { secondsLeft: true }],
])(
  'what others use is left to them: hardly a request is refused, and most of the rest is used, answers come %s',
  (_, traffic) => {
    const { sent, refused } = simulate(new BudgetMonitor(), { othersPerSecond: 400, seconds: 30, ...traffic });
    expect(refused).toBeLessThanOrEqual(3);
    expect(sent).toBeGreaterThan((LIMIT / 3 - 400) * 30 * 0.7);
  },
);

test('when the others have gone, the full rate comes back', () => {
  const monitor = new BudgetMonitor();
  simulate(monitor, { othersPerSecond: 400, seconds: 6 });
  expect(monitor.allowed(RATE, 6_000)).toBeLessThan(RATE * 0.75);
  expect(monitor.allowed(RATE, 60_000)).toBe(RATE);
});

test('the last part of an hourly budget is spread over the time left, the rest is not', () => {
  const monitor = new BudgetMonitor();
  const budget = { limit: 250_000, reset: 1_700_000_000, resetInMs: 1_800_000 };
  monitor.observe(1, { ...budget, remaining: 100_000 }, 0);
  expect(monitor.allowed(RATE, 0)).toBe(RATE);
  monitor.observe(2, { ...budget, remaining: 36_000 }, 0);
  expect(monitor.allowed(RATE, 0)).toBeCloseTo(20, 0);
  monitor.observe(3, { ...budget, remaining: 0 }, 0);
  expect(monitor.allowed(RATE, 0)).toBeCloseTo(RATE * 0.01);
});

import { DEFAULT_KEY, startBrazeEmulator } from '../../emulators/braze/emulator';
import type { FaultShares } from '../../emulators/braze/faults';
import type { BrazeEmulator, BrazeEmulatorOptions } from '../../emulators/braze/options';
import { RateWindows } from '../../emulators/braze/rateWindows';
import { send } from './wire';

/** Faults by share, by time and by other senders, and their entries in the request log. */

let emulator: BrazeEmulator;
afterEach(() => emulator?.close());

const start = async (options: BrazeEmulatorOptions = {}) => {
  emulator = await startBrazeEmulator(options);
};

/** Sends requests one after the other and returns their status codes. A broken connection counts as 0. */
async function statuses(count: number): Promise<number[]> {
  const seen: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const body = { attributes: [{ external_id: `u${i}`, x: 1 }] };
    seen.push(
      await send(emulator, body).then(
        ({ status }) => status,
        () => 0,
      ),
    );
  }
  return seen;
}

const faultsOf = () => emulator.requests.map(({ fault }) => fault);

describe('shares', () => {
  test('hold over many requests, and the log has the fault of each request', async () => {
    await start({ faultShares: { '500': 0.25, reset: 0.15, 'html-502': 0.1, seed: 7 } });
    const seen = await statuses(400);
    const share = (status: number) => seen.filter((one) => one === status).length / seen.length;
    for (const [status, expected] of [
      [500, 0.25],
      [0, 0.15],
      [502, 0.1],
      [201, 0.5],
    ] as const) {
      expect(share(status)).toBeGreaterThan(expected - 0.07);
      expect(share(status)).toBeLessThan(expected + 0.07);
    }
    expect(faultsOf().filter((fault) => fault === 'reset')).toHaveLength(seen.filter((one) => one === 0).length);
    expect(emulator.summary().profiles).toBe(seen.filter((one) => one === 201).length);
  });

  test('give the same faults for the same seed, and different ones for another seed', async () => {
    await start();
    const shares: FaultShares = { '503': 0.3, '429': 0.3 };
    const run = async (seed: number) => {
      emulator.clear();
      emulator.setFaultShares({ ...shares, seed });
      return statuses(30);
    };
    const first = await run(1);
    expect(await run(1)).toEqual(first);
    expect(await run(2)).not.toEqual(first);
    emulator.setFaultShares(null);
    expect(new Set(await statuses(10))).toEqual(new Set([201]));
  });

  test('apply after the queued faults, and cannot exceed 1 together', async () => {
    await start({ faultShares: { '500': 1 } });
    emulator.failNext(1, '504');
    expect(await statuses(2)).toEqual([504, 500]);
    expect(() => emulator.setFaultShares({ '500': 0.6, '503': 0.5 })).toThrow('more than 1 together');
    expect(() => emulator.setFaultShares({ '418': 0.1 } as FaultShares)).toThrow('There is no fault 418');
    expect(() => emulator.setFaultShares({ '500': -1 })).toThrow('from 0 to 1');
    expect(await statuses(1)).toEqual([500]);
  });
});

test('an outage window ends automatically', async () => {
  await start();
  emulator.outage(true, { forMs: 200 });
  const from = Date.now();
  expect(await statuses(1)).toEqual([503]);
  while ((await statuses(1))[0] === 503) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(Date.now() - from).toBeGreaterThanOrEqual(200);
});

test('latency can vary within a range', async () => {
  await start({ latencyMs: 20, jitterMs: 60 });
  await statuses(8);
  const latencies = emulator.requests.map(({ latencyMs }) => latencyMs ?? 0);
  expect(Math.min(...latencies)).toBeGreaterThanOrEqual(19);
  expect(Math.max(...latencies) - Math.min(...latencies)).toBeGreaterThan(10);
});

test('a truncated answer announces more than it sends', async () => {
  await start();
  emulator.failNext(1, 'truncated');
  const response = await fetch(`${emulator.url}/users/track`, {
    method: 'POST',
    headers: { authorization: `Bearer ${DEFAULT_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ attributes: [{ external_id: 'u', x: 1 }] }),
  });
  expect(response.status).toBe(201);
  await expect(response.text()).rejects.toThrow('terminated');
  expect(emulator.profile('u')).toEqual({ x: 1 });
  expect(emulator.requests[0]).toMatchObject({ status: 0, applied: true, fault: 'truncated' });
});

test('from another process: shares, switches, other senders and an outage window; an invalid request changes nothing', async () => {
  await start({ rateLimit: { requests: 1000, perSeconds: 3600 } });
  const order = async (body: object) =>
    (await fetch(`${emulator.url}/emulator/faults`, { method: 'POST', body: JSON.stringify(body) })).status;
  expect(await order({ faultShares: { '500': 1, seed: 3 }, latencyMs: 0, jitterMs: 1 })).toBe(200);
  expect(await order({ jitterMs: 1 })).toBe(400);
  expect(await statuses(2)).toEqual([500, 500]);
  expect(await order({ faultShares: { '500': 2 }, poison: ['u0'] })).toBe(400);
  expect(await order({ faultShares: null, switches: { objectLimit: '10' } })).toBe(400);
  expect(await order({ faultShares: null, switches: { typeMismatch: 'store' }, usedByOthers: 100_000 })).toBe(200);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await statuses(1)).toEqual([429]);
  expect(await order({ rateLimit: null, outage: { forMs: 60_000 } })).toBe(200);
  expect(await statuses(1)).toEqual([503]);
  expect(await order({ outage: false })).toBe(200);
  expect(await statuses(1)).toEqual([201]);
});

describe('the rate windows', () => {
  /** 2026-11-22 03:59:58 UTC: two seconds before the hour. */
  const nowMs = Date.UTC(2026, 10, 22, 3, 59, 58);
  const left = (windows: RateWindows, atMs: number) => {
    const { allowed, headers } = windows.take(atMs);
    return allowed ? Number(headers['x-ratelimit-remaining']) : null;
  };

  test('of an hour begin with the hour of the clock', () => {
    const windows = new RateWindows({ requests: 2, perSeconds: 3600 });
    expect([left(windows, nowMs), left(windows, nowMs), left(windows, nowMs + 1999)]).toEqual([1, 0, null]);
    expect(windows.take(nowMs).headers['x-ratelimit-reset']).toBe(String(Date.UTC(2026, 10, 22, 4) / 1000));
    expect(left(windows, nowMs + 2000)).toBe(1);
  });

  test('with several limits each must allow a request; a refusal uses none', () => {
    const burst = { requests: 2, perSeconds: 3, dialect: 'seconds' } as const;
    const hourly = { requests: 4, perSeconds: 3600, dialect: 'seconds' } as const;
    const windows = new RateWindows([hourly, burst]);
    const atMs = Date.UTC(2026, 10, 22, 3, 0, 0);
    expect([left(windows, atMs), left(windows, atMs), left(windows, atMs)]).toEqual([1, 0, null]);
    expect(windows.take(atMs).headers).toEqual({ 'x-ratelimit-retry-after': '3' });
    expect([left(windows, atMs + 3000), left(windows, atMs + 3000)]).toEqual([1, 0]);
    // Now both are used up: the hour is the longer wait.
    expect(windows.take(atMs + 3000).headers).toEqual({ 'x-ratelimit-retry-after': '3597' });
    expect(left(windows, atMs + 6000)).toBeNull();
  });

  test('are used up faster when other senders share them, from window to window', () => {
    const windows = new RateWindows({ requests: 300, perSeconds: 3 });
    const atMs = Date.UTC(2026, 10, 22, 3, 0, 0);
    expect(left(windows, atMs)).toBe(299);
    windows.usedByOthers(50, atMs);
    expect(left(windows, atMs + 1000)).toBe(300 - 2 - 50);
    windows.usedByOthers(150, atMs + 1000);
    expect(left(windows, atMs + 2000)).toBe(300 - 3 - 50 - 150);
    expect(left(windows, atMs + 2900)).toBeNull();
    expect(left(windows, atMs + 4000)).toBe(300 - 1 - 150);
    windows.usedByOthers(0, atMs + 4000);
    expect(left(windows, atMs + 5000)).toBe(300 - 2 - 150);
  });
});

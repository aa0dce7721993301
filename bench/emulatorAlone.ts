import { join } from 'node:path';
import { Pool } from 'undici';
import { DEFAULT_KEY } from '../emulators/braze/emulator';
import { cpuSeconds, peakMemoryMb, startProcess, stopProcess } from './processes';

const OBJECTS = 75;
/** High enough that the emulator never waits for the sender. */
const IN_FLIGHT = 64;
const HEADERS = {
  authorization: `Bearer ${DEFAULT_KEY}`,
  'content-type': 'application/json',
  'x-braze-bulk': 'true',
  'user-agent': 'partner-Peak',
};

/**
 * Measures the emulator alone, in a separate process, with requests of 75 new customers and five values each. The figure is
 * the CPU time of the emulator (as Linux counts it), because the wall-clock time includes the sender.
 */
export async function measureEmulator(customers: number): Promise<void> {
  const emulator = await startProcess(
    process.execPath,
    [join(__dirname, 'emulator.js')],
    process.env,
    /emulator at (\S+)/,
  );
  const pool = new Pool(emulator.match, { connections: IN_FLIGHT });
  try {
    const requests = Math.ceil(customers / OBJECTS);
    const pid = emulator.process.pid!;
    let next = 0;
    const sender = async (until: number) => {
      while (next < until) {
        const body = requestFrom(next++ * OBJECTS);
        const answer = await pool.request({ path: '/users/track', method: 'POST', headers: HEADERS, body });
        if (answer.statusCode !== 201) throw new Error(`The emulator answered ${answer.statusCode}`);
        await answer.body.dump();
      }
    };
    const senders = (until: number) => Promise.all(Array.from({ length: IN_FLIGHT }, () => sender(until)));
    const warmUp = Math.min(3000, Math.floor(requests / 10));
    await senders(warmUp);
    const cpuBefore = await cpuSeconds(pid);
    const startedMs = performance.now();
    await senders(requests);
    const seconds = (performance.now() - startedMs) / 1000;
    const cpu = ((await cpuSeconds(pid)) ?? NaN) - (cpuBefore ?? NaN);
    const measured = requests - warmUp;
    const whole = (n: number) => Math.round(n).toLocaleString('en-US');
    console.log(`emulator alone: ${whole(requests)} requests, ${whole(requests * OBJECTS)} customers`);
    console.log(`  wall clock   ${whole(measured / seconds)} requests/s, ${seconds.toFixed(1)} s`);
    console.log(
      `  on one core  ${whole(measured / cpu)} requests/s, ${whole((cpu / measured) * 1e6)} µs of CPU time each`,
    );
    console.log(`  memory       ${(await peakMemoryMb(pid)) ?? '?'} MB peak`);
  } finally {
    await pool.destroy();
    await stopProcess(emulator.process);
  }
}

/** Customers `first` to `first + 74`, as our client sends them, byte for byte. */
function requestFrom(first: number): string {
  const objects = Array.from({ length: OBJECTS }, (_, i) => {
    const n = first + i;
    return (
      `{"external_id":"c${String(n).padStart(9, '0')}","_update_existing_only":true,"churn_probability":0.${n % 97},` +
      `"churn_risk":"${n % 3 === 0 ? 'high' : 'low'}","predicted_value":${n % 5000},"next_best_product":"product ${n % 89}",` +
      `"churn_scored_at":"2026-11-22T03:00:00.${String(Math.floor(n / 50_000) % 1000).padStart(3, '0')}Z"}`
    );
  });
  return `{"attributes":[${objects.join(',')}]}`;
}

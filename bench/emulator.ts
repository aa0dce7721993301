import { startBrazeEmulator } from '../emulators/braze/emulator';

/** The emulator as a process of its own: it must not share a core's event loop with the worker it measures. */
async function main(): Promise<void> {
  const limit = process.argv[2] === 'limited' ? { requests: 3000, perSeconds: 3 } : null;
  const latencyMs = Number(process.argv[3] ?? 0);
  const braze = await startBrazeEmulator({ keep: 'stats', requestLog: 'counts', rateLimit: limit, latencyMs });
  console.log(`emulator at ${braze.url}`);
  process.once('SIGTERM', () => void braze.close());
}

void main();

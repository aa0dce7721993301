import { startBrazeEmulator } from '../emulators/braze/emulator';

/** The emulator as a separate process: it must not share an event loop with the worker that is measured. */
async function main(): Promise<void> {
  const limit = process.argv[2] === 'limited' ? { requests: 3000, perSeconds: 3 } : null;
  const latencyMs = Number(process.argv[3] ?? 0);
  const braze = await startBrazeEmulator({ keep: 'stats', requestLog: 'counts', rateLimit: limit, latencyMs });
  console.log(`emulator at ${braze.url}`);
  process.once('SIGTERM', () => void braze.close());
}

void main();

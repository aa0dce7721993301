import { measureDelivery } from './delivery';
import { measureEmulator } from './emulatorAlone';
import { startSystem } from './system';
import { measureWholeRuns } from './wholeRuns';

/**
 * Measures the whole system on this machine: a store of `customers` rows through a worker process and the emulator process,
 * against real Postgres and Temporal. Prints rates; judges nothing, for machines are noisy.
 *
 *   npm run bench -- --customers 500000
 *   npm run bench -- --delivery --customers 500000      delivery alone: with and without the limit, near and far
 *   npm run bench -- --emulator --customers 10000000    the emulator alone
 */
async function main(): Promise<void> {
  const has = (name: string) => process.argv.includes(name);
  if (has('--emulator')) return measureEmulator(customersOr(2_000_000));
  const system = await startSystem(customersOr(500_000));
  try {
    // The first run of a worker compiles its code, and everybody is new; nothing of it is measured below.
    if (has('--delivery')) await system.run();
    else await measureWholeRuns(system);
    await measureDelivery(system);
  } finally {
    await system.stop();
  }
}

function customersOr(usual: number): number {
  const at = process.argv.indexOf('--customers');
  return at < 0 ? usual : Number(process.argv[at + 1]);
}

void main();

import { measureDelivery } from './delivery';
import { measureEmulator } from './emulatorAlone';
import { startSystem } from './system';
import { measureWholeRuns } from './wholeRuns';

/**
 * Measures the whole system on this machine: a source table of `customers` rows, a worker process, the emulator process, and real
 * Postgres and Temporal servers. Prints rates and does not judge them, because they vary between machines.
 *
 *   npm run bench -- --customers 500000
 *   npm run bench -- --delivery --customers 500000      delivery alone: with and without the limit, fast and slow answers
 *   npm run bench -- --emulator --customers 10000000    the emulator alone
 */
async function main(): Promise<void> {
  const has = (name: string) => process.argv.includes(name);
  if (has('--emulator')) return measureEmulator(customersOr(2_000_000));
  const system = await startSystem(customersOr(500_000));
  try {
    // In the first run of a worker, its code is compiled and all customers are new, so nothing below measures it.
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

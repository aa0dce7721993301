import { once } from 'node:events';
import { useSharedPostgres } from '../../../src/local/sharedPostgres';

/** Uses the shared Postgres in the given folder, prints its url, and leaves when its input ends. */
async function main(dir: string): Promise<void> {
  const shared = await useSharedPostgres(dir, () => undefined);
  console.log(shared.url);
  process.stdin.resume();
  await once(process.stdin, 'end');
  await shared.release();
}

void main(process.argv[2] ?? '');

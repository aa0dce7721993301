import { startPostgres } from '../../../src/local/postgres';
import { startTemporal } from '../../../src/local/temporal';

/** Starts both servers below the given folder, prints their pids and stays until it is killed. */
async function main(dir: string): Promise<void> {
  const note = (): void => undefined;
  const [temporal, postgres] = await Promise.all([
    startTemporal({ dir: `${dir}/temporal`, headless: true, note }),
    startPostgres({ dir: `${dir}/postgres`, note }),
  ]);
  console.log(JSON.stringify([temporal.pid, postgres.pid]));
  process.stdin.resume();
}

void main(process.argv[2] ?? '');

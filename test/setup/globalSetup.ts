import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { startPostgres } from '../../src/local/postgres';
import { startTemporal } from '../../src/local/temporal';

const note = (line: string) => process.stderr.write(`${line}\n`);

/**
 * Real servers for the whole test run: Temporal's dev server and a Postgres, unless lent by TEST_TEMPORAL_ADDRESS and
 * TEST_POSTGRES_URL. The build comes first: tests that start processes of their own start what a user starts.
 */
export default async function globalSetup(): Promise<void> {
  note('Building, and starting Temporal and Postgres for the tests…');
  await promisify(execFile)('npm', ['run', '--silent', 'build'], { cwd: resolve(__dirname, '../..') });
  const dir = await mkdtemp(join(tmpdir(), 'peak-braze-test-'));
  const stops: (() => Promise<void>)[] = [() => rm(dir, { recursive: true, force: true })];
  if (process.env.TEST_TEMPORAL_ADDRESS === undefined) {
    const temporal = await startTemporal({ dir: join(dir, 'temporal'), headless: true, note });
    process.env.TEST_TEMPORAL_ADDRESS = temporal.address;
    stops.unshift(() => temporal.stop());
  }
  if (process.env.TEST_POSTGRES_URL === undefined) {
    const postgres = await startPostgres({
      dir: join(dir, 'postgres'),
      note,
      settings: { max_connections: 300, fsync: 'off', shared_buffers: '256MB' },
    });
    process.env.TEST_POSTGRES_URL = postgres.url;
    stops.unshift(() => postgres.stop());
  }
  (globalThis as { stopTestServers?: () => Promise<void> }).stopTestServers = async () => {
    for (const stop of stops) await stop();
  };
}

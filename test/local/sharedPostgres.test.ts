import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { endsWithin, isAlive } from '../../src/local/processes';
import { useSharedPostgres } from '../../src/local/sharedPostgres';
import { startScript } from './ownProcess';
import { temporaryFolder } from './temporaryFolder';

async function serverPid(dir: string): Promise<number> {
  return Number((await readFile(join(dir, 'data', 'postmaster.pid'), 'utf8')).split('\n')[0]);
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    await client.end();
    return true;
  } catch {
    return false;
  }
}

test('two processes that start at once share one server, and the last to leave stops it', async () => {
  const dir = await temporaryFolder();
  const [one, two] = await Promise.all([startScript('sharePostgres', dir), startScript('sharePostgres', dir)]);
  expect(one.firstLine).toBe(two.firstLine);
  expect(one.firstLine).toMatch(/^postgres:\/\/postgres:[\w-]+@127\.0\.0\.1:\d+\/ledger\?sslmode=disable$/);
  const pid = await serverPid(dir);

  expect(await one.finish()).toBe(0);
  expect(await answers(two.firstLine)).toBe(true);
  expect(await two.finish()).toBe(0);
  expect(await isAlive(pid)).toBe(false);
});

test('a killed user does not count, a later user finds the server', async () => {
  const dir = await temporaryFolder();
  const killed = await startScript('sharePostgres', dir);
  await killed.kill('SIGKILL');
  const pid = await serverPid(dir);
  expect(await isAlive(pid)).toBe(true);

  const later = await useSharedPostgres(dir, () => undefined, { database: 'another' });
  expect(await serverPid(dir)).toBe(pid);
  expect(await answers(later.url)).toBe(true);
  expect(later.url).toMatch(/\/another\?sslmode=disable$/);
  await later.release();
  expect(await isAlive(pid)).toBe(false);
});

test('when the server is killed its users start it again under the same url', async () => {
  const dir = await temporaryFolder();
  const shared = await useSharedPostgres(dir, () => undefined);
  const pid = await serverPid(dir);
  process.kill(pid, 'SIGKILL');
  expect(await endsWithin(pid, 5_000)).toBe(true);
  const untilMs = Date.now() + 15_000;
  while (!(await answers(shared.url)) && Date.now() < untilMs) await sleep(50);
  expect(await answers(shared.url)).toBe(true);
  const next = await serverPid(dir);
  expect(next).not.toBe(pid);
  await shared.release();
  expect(await isAlive(next)).toBe(false);
});

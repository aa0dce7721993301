import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { endsWithin, isAlive } from '../../src/local/processes';
import { isTemporalReachable, startTemporal } from '../../src/local/temporal';
import type { TemporalServer } from '../../src/local/temporal';
import { findTemporalBinary } from '../../src/local/temporalBinary';
import { startScript } from './ownProcess';
import { temporaryFolder } from './temporaryFolder';

const note = (): void => undefined;
const running: TemporalServer[] = [];

async function start(options: Partial<Parameters<typeof startTemporal>[0]> & { dir: string }): Promise<TemporalServer> {
  const server = await startTemporal({ note, headless: true, ...options });
  running.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

async function withClient<T>(server: TemporalServer, ask: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: server.address });
  try {
    return await ask(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

test('a server started again on the same file resumes its workflows, after stop and after kill -9', async () => {
  const dir = await temporaryFolder();
  const first = await start({ dir, headless: false });
  const ui = await fetch(first.uiUrl ?? '');
  expect(ui.status).toBe(200);
  await withClient(first, (client) => client.workflow.start('anything', { taskQueue: 'none', workflowId: 'kept-1' }));
  await first.stop();
  expect(await isAlive(first.pid)).toBe(false);
  expect(await isTemporalReachable(first.address)).toBe(false);

  const second = await start({ dir });
  expect(second.uiUrl).toBeNull();
  await withClient(second, (client) => client.workflow.start('anything', { taskQueue: 'none', workflowId: 'kept-2' }));
  process.kill(second.pid, 'SIGKILL');

  const third = await start({ dir });
  expect(await isTemporalReachable(third.address)).toBe(true);
  await withClient(third, async (client) => {
    for (const workflowId of ['kept-1', 'kept-2']) {
      const { status } = await client.workflow.getHandle(workflowId).describe();
      expect(status.name).toBe('RUNNING');
    }
  });
});

test('a server on a file that is in use, on a port that is in use, or with wrong arguments says so', async () => {
  const dir = await temporaryFolder();
  const server = await start({ dir });
  const port = Number(server.address.split(':')[1]);
  await expect(start({ dir: await temporaryFolder(), port })).rejects.toThrow(`Port ${port} on 127.0.0.1 is in use`);
  await expect(start({ dir: await temporaryFolder(), extraArgs: ['--nonsense'] })).rejects.toThrow(
    /did not start \(exit code 1\)[^]*unknown flag: --nonsense/,
  );
  await expect(start({ dir })).rejects.toThrow(`already runs on ${dir}/temporal.db (pid ${server.pid})`);
});

test('kill -9 of the process that started them takes the servers along', async () => {
  const owner = await startScript('startServers', await temporaryFolder());
  const pids = JSON.parse(owner.firstLine) as number[];
  expect(await Promise.all(pids.map(isAlive))).toEqual([true, true]);
  await owner.kill('SIGKILL');
  expect(await Promise.all(pids.map((pid) => endsWithin(pid, 10_000)))).toEqual([true, true]);
});

test('a server that panics because another program took one of its ports is started again', async () => {
  const dir = await temporaryFolder();
  const real = await findTemporalBinary({ note });
  const script = `#!/bin/sh
if [ "$1" = server ] && [ ! -e '${dir}/panicked' ]; then
  touch '${dir}/panicked'
  echo 'panic: runtime error: invalid memory address or nil pointer dereference' >&2
  exit 2
fi
exec '${real}' "$@"
`;
  await writeFile(join(dir, 'temporal'), script, { mode: 0o755 });
  const { PATH } = process.env;
  process.env.PATH = `${dir}:${PATH}`;
  try {
    const server = await start({ dir });
    expect(await isTemporalReachable(server.address)).toBe(true);
  } finally {
    process.env.PATH = PATH;
  }
});

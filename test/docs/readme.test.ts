import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listRuns } from '../../src/ledger/runs';
import { createEnvironment, eventually, fillStore, PROJECT, type TestEnvironment } from '../environment';
import { DocumentShell } from './shell';
import { shellBlocks } from './shellBlocks';

/*
 * README, Connect your own tenant: its commands, word for word and in order, in a folder that stands for the checkout.
 */

jest.setTimeout(180_000);

let world: TestEnvironment;
let shell: DocumentShell;
let folder: string;
beforeAll(async () => {
  world = await createEnvironment({ syncName: 'predictions' });
  await fillStore(world, 150);
  folder = mkdtempSync(join(tmpdir(), 'peak-braze-readme-'));
});
afterAll(async () => {
  await shell.close();
  await world.close();
  rmSync(folder, { recursive: true, force: true });
});

test('from .env to a schedule', async () => {
  const settings = {
    TENANT_URL: world.tenantUrl,
    BRAZE_REST_ENDPOINT: world.braze.url,
    BRAZE_API_KEY: world.env.BRAZE_API_KEY!,
  };
  // The README names these three, and no other.
  const readme = readFileSync(join(PROJECT, 'README.md'), 'utf8');
  expect([...readme.matchAll(/^ *([A-Z_]+)=/gm)].map(([, name]) => name)).toEqual(Object.keys(settings));
  writeFileSync(
    join(folder, '.env'),
    Object.entries(settings)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  shell = new DocumentShell(folder, {
    // The servers of the tests instead of the usual ports.
    TEMPORAL_ADDRESS: process.env.TEST_TEMPORAL_ADDRESS!,
    TEMPORAL_TASK_QUEUE: world.temporal.taskQueue,
    LEDGER_URL: world.ledgerUrl,
  });

  const [first, ...blocks] = shellBlocks('README.md');
  expect(first!.lines).toEqual(['npm ci && npm run demo', 'npm ci && npm test']);
  for (const line of blocks.flatMap(({ lines }) => lines)) {
    // These two stay in the foreground of a terminal of their own.
    const ready = line.endsWith(' worker')
      ? /^ok +worker/m
      : line.endsWith(' dev temporal')
        ? /^(ok|found) +Temporal/m
        : null;
    if (ready !== null) {
      const started = shell.start(line);
      await eventually(async () => ready.test(started.output()), line, 60_000);
      continue;
    }
    const { code, output } = await shell.run(line);
    expect({ line, code, output }).toMatchObject({ code: 0 });
  }
  expect(existsSync(join(folder, 'peak-braze.yaml'))).toBe(true);
  expect(await listRuns(world.ledger, 'predictions', 1)).toMatchObject([{ state: 'completed', accepted: 150 }]);
});

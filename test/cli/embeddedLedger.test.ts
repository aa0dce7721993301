import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEnvironment, type TestEnvironment } from '../environment';
import { peakBraze } from './peakBraze';

jest.setTimeout(120_000);

let world: TestEnvironment;
let elsewhere: string;
beforeAll(async () => {
  world = await createEnvironment();
  world.configure({}, { ledger: { url: 'embedded' } });
  elsewhere = mkdtempSync(join(tmpdir(), 'peak-braze-elsewhere-'));
  mkdirSync(join(elsewhere, 'deeper'));
});
afterAll(async () => {
  await world.close();
  rmSync(elsewhere, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
});

// Cron and systemd call it from another folder: that started a second, empty ledger, and every customer would have been sent again.
test('the embedded ledger is the one beside the config, wherever the command is typed', async () => {
  const forgotten = await peakBraze(world, ['forget', 'c000042', '--json']);
  expect(forgotten).toMatchObject({ exitCode: 0 });
  expect(JSON.parse(forgotten.stdout)).toMatchObject({ before: null });
  expect(existsSync(join(world.dir, '.peak-braze/postgres'))).toBe(true);

  const { env } = world;
  for (const dir of [elsewhere, join(elsewhere, 'deeper')]) {
    const again = await peakBraze({ dir, env }, ['forget', 'c000042', '--json', '--config', world.configPath]);
    expect(JSON.parse(again.stdout)).toMatchObject({ before: expect.any(String) as string });
  }
  expect(existsSync(join(elsewhere, '.peak-braze'))).toBe(false);
  expect(existsSync(join(elsewhere, 'deeper/.peak-braze'))).toBe(false);
});

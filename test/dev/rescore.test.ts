import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readScoreChange } from '../../src/dev/rescoreCommand';
import { freePort } from '../../src/local/ports';
import { emptyFolder, processesOf, type } from '../demo/terminal';

// These tests start whole systems, on machines that may be busy.
jest.setTimeout(240_000);

// A hold with its approval is the quickstart's: test/docs/quickstart.test.ts.
test('a newcomer sees what a week changes, what a drift changes, and a broken run held', async () => {
  const folder = emptyFolder();
  const env = {
    TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}`,
    BRAZE_REST_ENDPOINT: `http://127.0.0.1:${await freePort()}`,
  };
  const dev = type(folder, ['dev'], env);
  await dev.shows(/worker +waits/);
  const ends = async (code: number, ...args: string[]) => {
    const ended = await type(folder, args, env).ended;
    expect({ args, ...ended }).toMatchObject({ code });
    return ended;
  };

  const before = await ends(0, 'dev', 'rescore');
  expect(before.stdout).toBe('ok    model run m2: 2,000 customers scored, one week later\nnext: npx peak-braze init\n');
  await ends(0, 'init');
  await dev.shows(/^ok +worker/m);
  await ends(0, 'run', 'predictions');

  const week = await ends(0, 'dev', 'rescore');
  expect(week.stdout).toMatch(/^ok {4}model run m3: .*\nnext: npx peak-braze preview predictions\n$/);
  const run = JSON.parse((await ends(0, 'run', 'predictions', '--json')).stdout);
  expect(run).toMatchObject({ state: 'completed', modelRun: 'm3', candidates: 2_000, rejected: 0 });
  expect(run.changed).toBeGreaterThan(600);
  expect(run.changed).toBeLessThan(1_600);

  const drift = await ends(0, 'dev', 'rescore', '--drift', '5%', '--json');
  expect(JSON.parse(drift.stdout)).toEqual({
    modelRun: 'm4',
    customers: 2_000,
    changedBy: 'drift',
    selectedCustomers: 100,
    changedCustomers: 100,
    week: 4,
  });
  const preview = JSON.parse((await ends(0, 'preview', 'predictions', '--json')).stdout);
  expect(preview).toMatchObject({ modelRun: { id: 'm4' }, wouldSend: { customers: 100 } });

  const broken = await ends(0, 'dev', 'rescore', '--break');
  expect(broken.stdout).toMatch(/^ {6}break: every churn_probability is NaN$/m);
  const rejected = await ends(3, 'run', 'predictions', '--no-wait-held');
  expect(rejected.screen).toMatch(/of the changes cannot be sent, limit 5 %/);

  dev.ctrlC();
  expect((await dev.ended).code).toBe(0);
  expect(processesOf(folder)).toEqual([]);
});

test.each([
  [{}, { by: 'week' }],
  [{ drift: '5%' }, { by: 'drift', share: 0.05 }],
  [{ drift: '0.05' }, { by: 'drift', share: 0.05 }],
  [{ nulls: '12.5%' }, { by: 'nulls', share: 0.125 }],
  [{ nulls: '100%' }, { by: 'nulls', share: 1 }],
  [{ nulls: '1' }, { by: 'nulls', share: 1 }],
  [{ break: true }, { by: 'break' }],
])('%j is %j', (written, change) => expect(readScoreChange(written)).toEqual(change));

test.each(['5', '0', '0%', '101%', '1.01', '-5%', '1e-1', '.05', '5 %', '5%%', '5 percent', 'NaN', ''])(
  '"%s" is no share',
  (written) => {
    const problem = {
      exitCode: 2,
      message: `--nulls takes a share above 0 and up to 100%, written 5% or 0.05, not "${written}".`,
    };
    expect(() => readScoreChange({ nulls: written })).toThrow(expect.objectContaining(problem));
  },
);

test.each([
  { drift: '5%', nulls: '5%' },
  { drift: '5%', break: true },
  { nulls: '5%', break: true },
])('%j cannot be combined', (written) => {
  const problem = { exitCode: 2, message: '--drift, --nulls and --break cannot be combined.' };
  expect(() => readScoreChange(written)).toThrow(expect.objectContaining(problem));
});

test('what cannot be done is one sentence, and nothing is started', async () => {
  const refused: [args: string[], code: number, message: RegExp][] = [
    [['rescore', '--drift', '5'], 2, /^error --drift takes a share above 0 /],
    [['rescore', '--port', '5432'], 2, /^error --port is not an option of dev rescore\. See dev --help\.$/],
    [['rescore', '--no-rate-limit'], 2, /^error --no-rate-limit is not an option of dev rescore\. /],
    [['--break'], 2, /^error --break is not an option of all servers together\. /],
    [['postgres', '--drift', '5%'], 2, /^error --drift is not an option of dev postgres\. /],
    [['rescore'], 1, /^error TENANT_URL is not set\. Start the sample tenant: npx peak-braze dev$/],
  ];
  for (const [args, code, message] of refused) {
    const folder = emptyFolder();
    const { screen, ...ended } = await type(folder, ['dev', ...args]).ended;
    expect({ args, ...ended }).toEqual({ args, code, stdout: '' });
    expect(screen.trimEnd()).toMatch(message);
    expect(screen.trimEnd().split('\n')).toHaveLength(1);
    expect(existsSync(join(folder, '.peak-braze'))).toBe(false);
  }
});

test('TENANT_URL is that of the environment, else of .env beside the config, as in the other commands', async () => {
  const folder = emptyFolder();
  writeFileSync(join(folder, '.env'), 'TENANT_URL=postgres://me:secret@dotenv.invalid/tenant\n');
  const config = ['--config', join(folder, 'peak-braze.yaml')];
  for (const [env, host] of [
    [{}, 'dotenv.invalid'],
    [{ TENANT_URL: 'postgres://me:secret@shell.invalid/tenant' }, 'shell.invalid'],
  ] as const) {
    const { code, screen } = await type(emptyFolder(), ['dev', 'rescore', ...config], env).ended;
    expect(code).toBe(2);
    expect(screen).toContain(`error TENANT_URL names ${host}, which is not this machine. `);
    expect(screen).not.toContain('secret');
  }
});

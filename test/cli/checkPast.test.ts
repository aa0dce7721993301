import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { createEnvironment, eventually, fillStore, type TestEnvironment } from '../environment';
import { peakBraze } from './peakBraze';

let world: TestEnvironment;
beforeEach(async () => {
  world = await createEnvironment();
  await fillStore(world, 10);
  await world.startWorker();
});
afterEach(() => world.close());

const check = async () => (await peakBraze(world, ['check'])).lines;

test('an attribute that has left the config is reported until it is removed', async () => {
  await world.run();
  expect((await check()).join('\n')).not.toContain('no longer in the config');
  world.configure({ attributes: { churn_risk: { column: 'churn_probability', bands: { low: 0, high: 0.8 } } } });
  await world.run();
  expect((await check()).filter((line) => line.includes('no longer in the config'))).toEqual(
    ['churn_probability', 'next_best_product', 'predicted_value'].map(
      (name) =>
        `warn  churn      ${name} is no longer in the config, and profiles keep it as run 1 sent it. ` +
        `Remove it: npx peak-braze backfill churn --clear ${name} --dry-run`,
    ),
  );
  await world.run({ mode: 'backfill', clear: 'next_best_product' });
  expect((await check()).filter((line) => line.includes('no longer in the config'))).toHaveLength(2);
});

test('a sync that looks renamed is reported before it sends everything again', async () => {
  await world.run();
  const config = readFileSync(world.configPath, 'utf8');
  writeFileSync(world.configPath, config.replace('  churn:', '  churn-v2:'));
  expect(await check()).toContain(
    'warn  churn-v2   looks renamed from churn. The ledger keeps its state by the name, so everything would be sent again. ' +
      'Name it churn unless you mean that.',
  );
  writeFileSync(
    world.configPath,
    config.replace('  churn:', '  churn-v2:').replace('churn-v2:\n', 'churn-v2:\n    identifier: email\n'),
  );
  expect((await check()).join('\n')).not.toContain('looks renamed');
});

test('check and status say when the worker reads another config file, and stop once it reads this one', async () => {
  const shown = async () => [
    ...(await check()).filter((line) => line.includes('reads another')),
    ...(await peakBraze(world, ['status'])).lines.filter((line) => line.includes('reads another')),
  ];
  expect(await shown()).toEqual([]);
  const own = readFileSync(world.configPath, 'utf8');
  writeFileSync(`${world.dir}/other.yaml`, `# Another.\n${own}`);
  // A file that has just changed is not reported yet: the worker reads its own every ten seconds.
  expect(await peakBraze(world, ['status', '--config', 'other.yaml'])).toMatchObject({
    exitCode: 0,
    stdout: expect.not.stringContaining('reads another'),
  });
  const longAgo = new Date(Date.now() - 60_000);
  utimesSync(`${world.dir}/other.yaml`, longAgo, longAgo);
  const line = expect.stringMatching(
    new RegExp(
      `^warn  config     the worker on ${hostname()} reads another other\\.yaml \\(changed \\d\\d:\\d\\d\\); runs use that one$`,
    ),
  ) as string;
  expect((await peakBraze(world, ['check', '--config', 'other.yaml'])).lines).toContainEqual(line);
  expect((await peakBraze(world, ['status', '--config', 'other.yaml'])).lines).toContainEqual(line);
  const json = JSON.parse((await peakBraze(world, ['status', '--config', 'other.yaml', '--json'])).stdout);
  expect(json.otherConfigs).toHaveLength(1);

  // The worker's own file changes to the same text: the worker reads it without a run.
  writeFileSync(world.configPath, `# Another.\n${own}`);
  await eventually(async () => {
    const { lines } = await peakBraze(world, ['status', '--config', 'other.yaml']);
    return !lines.some((one) => one.includes('reads another'));
  }, 'the worker to read the same');
});

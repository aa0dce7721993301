import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../src/local/ports';
import { emptyFolder, processesOf } from '../demo/terminal';
import { eventually, PROJECT } from '../environment';
import { DocumentShell } from './shell';
import { shellBlocks } from './shellBlocks';

/*
 * docs/quickstart.md: its commands, word for word and in order, in an empty folder that stands for the checkout.
 */

// Whole systems are started here, on machines that may be busy.
jest.setTimeout(300_000);

let shell: DocumentShell | undefined;
afterEach(() => shell?.close());

test('from the first terminal to an approved run', async () => {
  const folder = emptyFolder();
  const opened = new DocumentShell(folder, {
    // Other ports than the default ones, which other programs may use on the machine of these tests.
    TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}`,
    BRAZE_REST_ENDPOINT: `http://127.0.0.1:${await freePort()}`,
  });
  shell = opened;
  const [first, ...blocks] = shellBlocks('docs/quickstart.md');
  expect(first).toEqual({
    marker: 'run in the background',
    lines: ['npm ci && npx --no-install peak-braze dev'],
  });
  const dev = opened.start('npx --no-install peak-braze dev');
  await eventually(
    async () => existsSync(join(folder, '.env')) && dev.output().includes('run predictions'),
    'dev',
    120_000,
  );

  const printed = new Map<string, string>();
  for (const line of blocks.flatMap(({ lines }) => lines)) {
    if (line.endsWith(' check')) await eventually(async () => /^ok +worker/m.test(dev.output()), 'the worker', 60_000);
    const { code, output } = await opened.run(line);
    expect({ line, code, output }).toMatchObject({ code: line.endsWith('--no-wait-held') ? 3 : 0 });
    printed.set(line.replace('npx --no-install peak-braze ', ''), output);
  }
  // What the page says of each.
  const page = readFileSync(join(PROJECT, 'docs/quickstart.md'), 'utf8');
  for (const figure of ['2,000 candidates', '2,000 changed', '27 requests', '2,000 accepted']) {
    expect(page).toContain(figure);
    expect(printed.get('run predictions')).toBeDefined();
  }
  expect(printed.get('run predictions --no-wait-held')).toMatch(/held, needs approval\. 20\.0 % of/);
  expect(printed.get('dev rescore --nulls 20%')).toMatch(/^ {6}nulls: 400 customers \(20\.0 %\) lost their values$/m);
  expect(printed.get('status')).toMatch(/HELD/);
  expect(printed.get('approve predictions')).toMatch(/run 3: completed/);
  expect(printed.get('runs predictions')).toMatch(/completed/);

  process.kill(-dev.pid, 'SIGINT');
  await dev.ended;
  expect(processesOf(folder)).toEqual([]);
});

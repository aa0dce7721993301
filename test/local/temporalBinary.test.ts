import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findTemporalBinary } from '../../src/local/temporalBinary';
import { buildTemporal } from '../../src/local/temporalBuild';
import { temporaryFolder } from './temporaryFolder';

const originalEnvironment = { ...process.env };
const noted: string[] = [];
const note = (line: string): void => void noted.push(line);

afterEach(() => {
  Object.assign(process.env, originalEnvironment);
  for (const name of ['HTTPS_PROXY', 'PEAK_BRAZE_CACHE']) delete process.env[name];
  noted.splice(0);
});

async function executable(folder: string, name: string, script: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, name), 0o755);
  return join(folder, name);
}

test('temporal on PATH comes first, then the cache folder; one that does not run is passed over', async () => {
  const folder = await temporaryFolder();
  process.env.PEAK_BRAZE_CACHE = join(folder, 'cache');
  process.env.PATH = `${join(folder, 'bin')}:${originalEnvironment.PATH}`;
  const cached = await executable(join(folder, 'cache'), 'temporal-1.5.1', 'exit 0');
  const installed = await executable(join(folder, 'bin'), 'temporal', 'exit 0');
  expect(await findTemporalBinary({ note })).toBe(installed);
  await executable(join(folder, 'bin'), 'temporal', 'exit 1');
  expect(await findTemporalBinary({ note })).toBe(cached);
  expect(noted).toEqual([`${installed} does not run on this machine, trying other options`]);
});

test('without any way to a server there is one error that lists them all', async () => {
  const folder = await temporaryFolder();
  process.env.PATH = join(folder, 'nothing');
  // Nobody listens there: the same as a machine that cannot reach the host.
  process.env.HTTPS_PROXY = 'http://127.0.0.1:9';
  const failure = await findTemporalBinary({ cacheDir: folder, note }).catch((error: Error) => error.message);
  expect(failure).toMatch(/^There is no Temporal server on this machine\. Any one of these fixes it:\n/);
  expect(failure).toContain('`temporal` is on PATH');
  expect(failure).toContain(join(folder, 'temporal-1.5.1'));
  expect(failure).toContain('temporal.download (not reached)');
  expect(failure).toContain('Go 1.25 or newer: it is then built from source, once (Go is not on PATH)');
});

describe('building, with a stand-in for go', () => {
  test('of two that build at once one works and one waits; what dead ones left is cleared', async () => {
    const folder = await temporaryFolder();
    const target = join(folder, 'temporal-1.5.1');
    // No process has this pid: Linux and macOS end below.
    await writeFile(`${target}.lock`, '99999999');
    await writeFile(`${target}.99999999.tmp`, 'half');
    process.env.PATH = `${join(folder, 'bin')}:${originalEnvironment.PATH}`;
    await executable(
      join(folder, 'bin'),
      'go',
      `echo "$PWD $*" >> ${folder}/calls; sleep 1.2; echo built > "$3"; chmod +x "$3"`,
    );
    expect(await Promise.all([buildTemporal({ target, note }), buildTemporal({ target, note })])).toEqual([null, null]);
    const calls = (await readFile(join(folder, 'calls'), 'utf8')).trim().split('\n');
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatch(/tools\/temporal-cli build -o \S+ github\.com\/temporalio\/cli\/cmd\/temporal$/);
    expect((await readdir(folder)).toSorted()).toEqual(['bin', 'calls', 'temporal-1.5.1']);
    expect(noted[0]).toBe('building the Temporal server from source, about 3 minutes, once');
    expect(noted).toContain('waiting for another process that builds the Temporal server');
    expect(noted).toContainEqual(expect.stringMatching(/^built the Temporal server from source in 1\.\d s/));
  });

  test('a failed build leaves nothing behind and says what go said', async () => {
    const folder = await temporaryFolder();
    process.env.PATH = `${join(folder, 'bin')}:${originalEnvironment.PATH}`;
    await executable(join(folder, 'bin'), 'go', 'echo "go.mod requires go >= 1.25" >&2; exit 1');
    const target = join(folder, 'temporal-1.5.1');
    expect(await buildTemporal({ target, note })).toBe('go.mod requires go >= 1.25');
    expect(await readdir(folder)).toEqual(['bin']);
  });
});

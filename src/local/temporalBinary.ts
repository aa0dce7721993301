import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from './cacheFolder';
import { findOnPath, isExecutable } from './executables';
import type { Note } from './note';
import { buildTemporal } from './temporalBuild';
import { downloadTemporal } from './temporalDownload';
import { TEMPORAL_VERSION } from './temporalVersion';

const run = promisify(execFile);

/**
 * Path of a `temporal` binary, in this order: on PATH, in the cache folder, downloaded by the SDK, built from the
 * official Go module. The last two end in the cache folder, so they happen once.
 *
 * @throws Error that lists every option, when none works
 */
export async function findTemporalBinary({
  cacheDir = cacheFolder(),
  note,
}: {
  cacheDir?: string;
  note: Note;
}): Promise<string> {
  const installed = await findOnPath('temporal');
  if (installed !== null) {
    if (await runs(installed)) return installed;
    note(`${installed} does not run on this machine, trying other options`);
  }

  const cached = join(cacheDir, `temporal-${TEMPORAL_VERSION}`);
  if (await isExecutable(cached)) return cached;

  await mkdir(cacheDir, { recursive: true });
  const notDownloaded = await downloadTemporal({ target: cached, note });
  if (notDownloaded === null) return cached;
  const notBuilt = await buildTemporal({ target: cached, note });
  if (notBuilt === null) return cached;

  throw new Error(
    [
      'There is no Temporal server on this machine. Any one of these fixes it:',
      '  install   the Temporal CLI, so that `temporal` is on PATH (https://docs.temporal.io/cli)',
      `  copy      an executable \`temporal\` to ${cached}`,
      `  download  let this machine reach https://temporal.download (${notDownloaded})`,
      `  build     install Go 1.25 or newer: it is then built from source, once (${notBuilt})`,
    ].join('\n'),
  );
}

async function runs(binary: string): Promise<boolean> {
  return run(binary, ['--version'], { env: { ...process.env }, timeout: 10_000 }).then(
    () => true,
    () => false,
  );
}

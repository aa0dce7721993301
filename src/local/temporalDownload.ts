import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isExecutable } from './executables';
import { noteWhileWaiting } from './note';
import type { Note } from './note';
import { TEMPORAL_VERSION } from './temporalVersion';

/** A download times out after this long without progress: some networks drop packets instead of refusing connections. */
const STALLED_AFTER_MS = 15_000;

/**
 * In a separate process, because the SDK's download cannot be cancelled and needs its Runtime, which installs signal handlers
 * and may be configured only once per process.
 */
const DOWNLOADER = `
const [, testing, downloadDir, version] = process.argv;
const { TestWorkflowEnvironment } = require(testing);
TestWorkflowEnvironment.createLocal({ server: { executable: { type: 'cached-download', downloadDir, version } } })
  .then((env) => env.teardown())
  .then(() => process.exit(0), () => process.exit(1));
`;

/** Lets the SDK download the CLI to `target`. Returns null when it exists, else a short reason. */
export async function downloadTemporal({ target, note }: { target: string; note: Note }): Promise<string | null> {
  const folder = dirname(target);
  const version = `v${TEMPORAL_VERSION}`;
  // The SDK's own names, seen in sdk-core's ephemeral_server.
  const downloaded = join(folder, `temporal-${version}`);
  const partial = `${downloaded}.downloading`;

  const reason = await noteWhileWaiting('the download of the Temporal server', note, async () => {
    const child = spawn(process.execPath, ['-e', DOWNLOADER, require.resolve('@temporalio/testing'), folder, version], {
      env: { ...process.env },
      stdio: 'ignore',
    });
    const exited = once(child, 'exit');
    const stalled = new AbortController();
    const outcome = await Promise.race([
      exited.then(() => 'not reached'),
      untilStalled(partial, stalled.signal).then(() => 'no progress'),
    ]);
    stalled.abort();
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await exited;
      await rm(partial, { force: true });
    }
    return outcome;
  });

  // The file decides, not the exit code: another process may have finished it, or the server may not have started.
  await rename(downloaded, target).catch(() => undefined);
  return (await isExecutable(target)) ? null : reason;
}

async function untilStalled(partial: string, signal: AbortSignal): Promise<void> {
  let size = -1;
  let progressAtMs = Date.now();
  while (!signal.aborted && Date.now() - progressAtMs < STALLED_AFTER_MS) {
    await sleep(250);
    const now = await stat(partial).then(
      (file) => file.size,
      () => -1,
    );
    if (now !== size) progressAtMs = Date.now();
    size = now;
  }
}

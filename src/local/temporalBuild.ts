import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findOnPath, isExecutable } from './executables';
import { displayDuration, noteWhileWaiting } from './note';
import type { Note } from './note';
import { isAlive } from './processes';

const run = promisify(execFile);

/**
 * Builds the CLI from tools/temporal-cli to `target`. Returns null when it exists, else a short reason.
 *
 * One process builds, others wait for it. The lock is a file with the builder's pid; should two processes ever find it stale at
 * the same moment both build, which is safe: each renames its own complete file to `target`.
 */
export async function buildTemporal({ target, note }: { target: string; note: Note }): Promise<string | null> {
  const go = await findOnPath('go');
  if (go === null) return 'Go is not on PATH';

  const lock = `${target}.lock`;
  while (!(await takeLock(lock))) {
    await noteWhileWaiting('another process that builds the Temporal server', note, () => untilUnlocked(lock));
  }
  try {
    if (await isExecutable(target)) return null;
    return await build(go, target, note);
  } finally {
    await rm(lock, { force: true });
  }
}

async function build(go: string, target: string, note: Note): Promise<string | null> {
  await removeAbandoned(target);
  const unfinished = `${target}.${process.pid}.tmp`;
  note('building the Temporal server from source, about 3 minutes, once');
  const startedAtMs = Date.now();
  try {
    await run(go, ['build', '-o', unfinished, 'github.com/temporalio/cli/cmd/temporal'], {
      cwd: join(packageRoot(), 'tools', 'temporal-cli'),
      env: { ...process.env },
      maxBuffer: 64 * 1024 * 1024,
    });
    await rename(unfinished, target);
  } catch (error) {
    await rm(unfinished, { force: true });
    const { stderr, message } = error as Error & { stderr?: string };
    return (stderr || message).trim().split('\n').slice(-3).join(' | ');
  }
  note(
    `built the Temporal server from source in ${displayDuration(Date.now() - startedAtMs)}; the next start takes 2 s`,
  );
  return null;
}

async function takeLock(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

/** Waits until the lock is gone, and removes one whose holder is dead. */
async function untilUnlocked(lock: string): Promise<void> {
  for (;;) {
    const holder = await readFile(lock, 'utf8').catch(() => null);
    if (holder === null) return;
    // An empty file is a lock whose holder is about to write its pid into it.
    if (holder !== '' && !(await isAlive(Number(holder)))) return rm(lock, { force: true });
    await sleep(250);
  }
}

/** Removes what killed builders left: 250 MB each. */
async function removeAbandoned(target: string): Promise<void> {
  const folder = dirname(target);
  for (const name of await readdir(folder)) {
    const pid = name.startsWith(`${basename(target)}.`) ? /\.(\d+)\.tmp$/.exec(name)?.[1] : undefined;
    if (pid !== undefined && !(await isAlive(Number(pid)))) await rm(join(folder, name), { force: true });
  }
}

/** The folder of our package.json: this file runs from src/local under jest and from lib/src/local when compiled. */
function packageRoot(): string {
  let folder = __dirname;
  while (!existsSync(join(folder, 'package.json'))) {
    if (folder === dirname(folder)) throw new Error(`No package.json above ${__dirname}.`);
    folder = dirname(folder);
  }
  return folder;
}

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** How often to check whether a process has ended. */
const LOOK_EVERY_MS = 20;

/** A signal to end a process, and how long to wait for its end before the next step. */
export interface StopStep {
  signal: NodeJS.Signals;
  graceMs: number;
}

/** Whether this pid runs. A zombie counts as dead: in a container without an init it is never collected. */
export async function isAlive(pid: number): Promise<boolean> {
  // Read before the process is checked: a process that is collected in between has then ended, and is not one "without a
  // /proc".
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  // pid (name) state …; the name may hold spaces and parentheses.
  if (stat !== null && stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) === 'Z') return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Whether this pid runs and has `mark` (a path it was started with) in its command line. Pids are reused, so a pid read from a
 * file proves nothing alone.
 */
export async function isProgram(pid: number, mark: string): Promise<boolean> {
  if (!(await isAlive(pid))) return false;
  return (await commandLine(pid)).includes(mark);
}

/**
 * Sends each signal in turn until the process has ended. Resolves at once when it is not there.
 *
 * @throws Error when no signal ends it
 */
export async function stopProcess(pid: number, steps: readonly StopStep[]): Promise<void> {
  for (const { signal, graceMs } of steps) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return;
      throw error;
    }
    if (await endsWithin(pid, graceMs)) return;
  }
  throw new Error(`Process ${pid} did not end, not even on SIGKILL.`);
}

/** Waits until the process has ended, at most `graceMs`. False: it still runs. */
export async function endsWithin(pid: number, graceMs: number): Promise<boolean> {
  const untilMs = Date.now() + graceMs;
  while (await isAlive(pid)) {
    if (Date.now() >= untilMs) return false;
    await sleep(LOOK_EVERY_MS);
  }
  return true;
}

async function commandLine(pid: number): Promise<string> {
  try {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
  } catch {
    // macOS has no /proc; a slim container has no ps.
    const { stdout } = await run('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
    return stdout;
  }
}

import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

interface ProcessEntry {
  pid: number;
  parent: number;
  group: number;
}

/**
 * Ends the short-lived programs of this process (a build, a download) and their children. A terminal sends Ctrl-C to them
 * too; a signal sent to this process alone does not reach them. Servers are excluded: they run in sessions of their own and
 * are stopped in order.
 */
export async function endHelperProcesses(): Promise<void> {
  const processes = await allProcesses();
  const group = processes.find(({ pid }) => pid === process.pid)?.group;
  const ours = new Set([process.pid]);
  for (let before = 0; before !== ours.size;) {
    before = ours.size;
    for (const { pid, parent } of processes) if (ours.has(parent)) ours.add(pid);
  }
  for (const one of processes) {
    if (one.pid === process.pid || one.group !== group || !ours.has(one.pid)) continue;
    try {
      process.kill(one.pid, 'SIGTERM');
    } catch {
      // It has ended in the meantime.
    }
  }
}

async function allProcesses(): Promise<ProcessEntry[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  if (pids.length > 0) return (await Promise.all(pids.map(readProcess))).filter((entry) => entry !== null);
  // macOS has no /proc; a slim container has no ps.
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=,pgid=']).catch(() => ({ stdout: '' }));
  return stdout
    .trim()
    .split('\n')
    .map((line) => toProcessEntry(line.trim().split(/\s+/)));
}

async function readProcess(pid: string): Promise<ProcessEntry | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (stat === null) return null;
  // pid (name) state parent group …; the name may hold spaces and parentheses.
  const [, parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return toProcessEntry([pid, parent, group]);
}

function toProcessEntry([pid, parent, group]: (string | undefined)[]): ProcessEntry {
  return { pid: Number(pid), parent: Number(parent), group: Number(group) };
}

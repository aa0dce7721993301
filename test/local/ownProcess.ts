import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface OwnProcess {
  pid: number;
  /** The first line it printed. */
  firstLine: string;
  /** Ends its input and waits for it: its exit code. */
  finish(): Promise<number | null>;
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** Runs test/local/scripts/<name>.ts in a process of its own and resolves with the first line it prints. */
export async function startScript(name: string, ...args: string[]): Promise<OwnProcess> {
  const hook = join(__dirname, 'typescriptHook.js');
  const child = spawn(process.execPath, ['-r', hook, join(__dirname, 'scripts', `${name}.ts`), ...args], {
    env: { ...process.env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  started.push(child);
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([once(lines, 'line') as Promise<[string]>, exited]);
  if (typeof first[0] !== 'string') throw new Error(`${name} ended before it printed anything`);
  return {
    pid: child.pid ?? 0,
    firstLine: first[0],
    finish: async () => {
      child.stdin.end();
      return (await exited)[0];
    },
    kill: async (signal) => {
      child.kill(signal);
      await exited;
    },
  };
}

const started: ChildProcess[] = [];

// A test that failed half way leaves its processes; jest would wait for them.
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

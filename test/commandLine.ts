import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { PROJECT, type TestEnvironment } from './environment';

export interface CommandEnd {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Types `peak-braze …` in the world's folder, with its variables set, and waits for its end. */
export function peakBraze(world: TestEnvironment, ...args: string[]): Promise<CommandEnd> {
  return runningPeakBraze(world, ...args).ended;
}

/** As {@link peakBraze}, for what is to be interrupted or given input. */
export function runningPeakBraze(world: TestEnvironment, ...args: string[]) {
  const child = spawn(process.execPath, [join(PROJECT, 'bin/peak-braze.js'), ...args, '--config', world.configPath], {
    cwd: world.dir,
    env: { ...process.env, npm_command: 'exec', ...world.env },
  });
  const end: CommandEnd = { code: null, stdout: '', stderr: '' };
  child.stdout.on('data', (data: Buffer) => (end.stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (end.stderr += data.toString()));
  const ended = new Promise<CommandEnd>((resolve) => child.once('close', (code) => resolve({ ...end, code })));
  return { child, soFar: end, ended };
}

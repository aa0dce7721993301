import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { PROJECT, type TestEnvironment } from '../environment';

/** What a user at a terminal sees. */
export interface Seen {
  exitCode: number;
  stdout: string;
  stderr: string;
  /** Of stdout. */
  lines: string[];
}

/** Runs the command as a user does: in the folder of the world's config file, with the world's variables only. */
export function peakBraze(
  { dir, env }: Pick<TestEnvironment, 'dir' | 'env'>,
  args: readonly string[],
  more: Record<string, string> = {},
): Promise<Seen> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(PROJECT, 'bin/peak-braze.js'), ...args],
      {
        cwd: dir,
        env: { PATH: process.env.PATH, HOME: process.env.HOME, TZ: 'UTC', npm_command: 'exec', ...env, ...more },
        timeout: 50_000,
        maxBuffer: 2 ** 24,
      },
      (error, stdout, stderr) => {
        const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ exitCode, stdout, stderr, lines: stdout.trimEnd().split('\n') });
      },
    );
  });
}

/** The same with --json, parsed. */
export async function peakBrazeJson<T>(
  world: Pick<TestEnvironment, 'dir' | 'env'>,
  args: readonly string[],
): Promise<T> {
  const { stdout, stderr } = await peakBraze(world, [...args, '--json']);
  try {
    return JSON.parse(stdout) as T;
  } catch {
    throw new Error(`peak-braze ${args.join(' ')} gave no JSON: ${stdout}${stderr}`);
  }
}

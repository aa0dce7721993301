import { spawn } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PROJECT } from '../environment';

/** A line that was typed into a shell, and runs. */
export interface ShellLine {
  pid: number;
  output(): string;
  ended: Promise<{ code: number | null; output: string }>;
}

/**
 * Types lines into a shell in a folder that stands for the root of the repository: npx finds the program there as it does in the
 * checkout, and `temporal` is on the PATH when `temporalBinary` is given.
 */
export class DocumentShell {
  private readonly folder: string;
  private readonly env: NodeJS.ProcessEnv;
  private readonly running = new Set<number>();

  constructor(folder: string, env: Readonly<Record<string, string>>, temporalBinary?: string) {
    this.folder = folder;
    const bin = join(folder, 'node_modules', '.bin');
    mkdirSync(bin, { recursive: true });
    symlinkSync(join(PROJECT, 'bin/peak-braze.js'), join(bin, 'peak-braze'));
    if (temporalBinary !== undefined) symlinkSync(temporalBinary, join(bin, 'temporal'));
    const { PATH, HOME, PEAK_BRAZE_CACHE, XDG_CACHE_HOME } = process.env;
    this.env = {
      PATH: `${bin}:${dirname(process.execPath)}:${PATH}`,
      HOME,
      PEAK_BRAZE_CACHE,
      XDG_CACHE_HOME,
      TZ: 'UTC',
      ...env,
    };
  }

  /** Types a line and leaves it running. */
  start(line: string): ShellLine {
    const child = spawn('bash', ['-c', line], {
      cwd: this.folder,
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const pid = child.pid!;
    this.running.add(pid);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()));
    const ended = new Promise<{ code: number | null; output: string }>((done) => {
      child.once('close', (code) => {
        this.running.delete(pid);
        done({ code, output });
      });
    });
    return { pid, output: () => output, ended };
  }

  /** Types a line and waits for its end. */
  run(line: string): Promise<{ code: number | null; output: string }> {
    return this.start(line).ended;
  }

  /** Ends what is still running, as Ctrl-C does. */
  async close(): Promise<void> {
    for (const pid of this.running) process.kill(-pid, 'SIGINT');
    const deadlineMs = Date.now() + 30_000;
    while (this.running.size > 0 && Date.now() < deadlineMs) await new Promise((again) => setTimeout(again, 100));
    for (const pid of this.running) process.kill(-pid, 'SIGKILL');
  }
}

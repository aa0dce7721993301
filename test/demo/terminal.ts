import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const PROGRAM = resolve(__dirname, '../../bin/peak-braze.js');

/** A command typed into a terminal of its own. */
export interface Typed {
  pid: number;
  /** What it printed so far, both streams in order. */
  screen(): string;
  /** Waits for this on the screen; rejects when the command ends without it. */
  shows(what: RegExp): Promise<RegExpExecArray>;
  /** As the terminal sends it: to the command and all it started in the foreground. */
  ctrlC(): void;
  ended: Promise<{ code: number | null; stdout: string; screen: string }>;
}

const typed: { pid: number; ended: boolean }[] = [];

/** Types `npx peak-braze …` in a folder. Variables of the tests' own shell are not taken along, except those it needs to run. */
export function type(folder: string, args: readonly string[], env: Record<string, string> = {}): Typed {
  const { PATH, HOME, PEAK_BRAZE_CACHE, XDG_CACHE_HOME } = process.env;
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: folder,
    env: { PATH, HOME, PEAK_BRAZE_CACHE, XDG_CACHE_HOME, npm_command: 'exec', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const entry = { pid: child.pid!, ended: false };
  typed.push(entry);
  let screen = '';
  let stdout = '';
  let look = () => {};
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data: Buffer) => {
      screen += data.toString();
      look();
    });
  }
  const ended = new Promise<{ code: number | null; stdout: string; screen: string }>((done) => {
    child.once('close', (code) => {
      entry.ended = true;
      done({ code, stdout, screen });
      look();
    });
  });
  return {
    pid: entry.pid,
    screen: () => screen,
    shows: (what) =>
      new Promise((found, failed) => {
        look = () => {
          const match = what.exec(screen);
          if (match !== null) found(match);
          else if (entry.ended) failed(new Error(`The command ended without ${what}. Its screen:\n${screen}`));
        };
        look();
      }),
    ctrlC: () => process.kill(-entry.pid, 'SIGINT'),
    ended,
  };
}

/** Processes that were started with a path below this folder: servers and their helpers. */
export function processesOf(folder: string): string[] {
  return commandLines().filter((line) => line.includes(`${folder}/`));
}

function commandLines(): string[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(commandLineOf);
  } catch {
    // macOS has no /proc.
    return execFileSync('ps', ['-axww', '-o', 'command='], { encoding: 'utf8' }).split('\n');
  }
}

/** Empty: it has ended meanwhile. */
function commandLineOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

const folders: string[] = [];

/** An empty folder, gone after the test. */
export function emptyFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'peak-braze-demo-')));
  folders.push(folder);
  return folder;
}

// A test that failed half way leaves its commands; without them their servers end too.
afterEach(async () => {
  for (const { pid, ended } of typed.splice(0)) if (!ended) process.kill(-pid, 'SIGKILL');
  for (const folder of folders.splice(0))
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
});

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { stopProcess } from './processes';
import type { StopStep } from './processes';

/** How to start a server, and how to stop it. */
export interface ServerCommand {
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  /** The server itself appends to it: there is no pipe that could fill up or break. */
  logFile: string;
  uid?: number;
  gid?: number;
  /** The first step is also what the server gets when this process dies. */
  stopSteps: readonly [StopStep, ...StopStep[]];
  /** `own`: the server outlives this process. */
  lifetime: 'with-us' | 'own';
}

/** A server that was started. */
export interface ServerProcess {
  readonly pid: number;
  /** How the server ended ("exit code 1"), or null while it runs. */
  ended(): string | null;
  /** The last lines it logged since this start, or the first of a panic, for error messages. */
  lastLogLines(): Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts a server in its own session, so that Ctrl-C in the terminal reaches us and not the server: the worker drains first,
 * then the server is stopped.
 *
 * With lifetime `with-us` it does not outlive this process, even by kill -9: a shell blocks on a pipe whose other end
 * only we hold; the kernel closes that end when we die, and the shell then sends the server its stop signal. This costs
 * one sleeping process and works the same on Linux and macOS (setpriv --pdeathsig is Linux only).
 *
 * Nothing here keeps the event loop running.
 *
 * @throws Error when the program cannot be started
 */
export async function startServerProcess(server: ServerCommand): Promise<ServerProcess> {
  const log = openSync(server.logFile, 'a', 0o600);
  const logStart = fstatSync(log).size;
  const child = spawn(server.command, server.args, {
    // Not our folder: the server's user may not be allowed to enter it.
    cwd: '/',
    env: server.env,
    uid: server.uid,
    gid: server.gid,
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  try {
    await once(child, 'spawn');
  } catch (error) {
    throw new Error(`Cannot start ${server.command}: ${(error as NodeJS.ErrnoException).code ?? 'spawn failed'}.`, {
      cause: error,
    });
  }
  const { pid } = child;
  if (pid === undefined) throw new Error(`Cannot start ${server.command}.`);
  const guard = server.lifetime === 'with-us' ? startDeathGuard(pid, server.stopSteps[0].signal) : null;
  child.once('exit', () => guard?.kill('SIGKILL'));
  child.unref();

  return {
    pid,
    ended: () => howItEnded(child),
    lastLogLines: async () => {
      const written = await readFile(server.logFile);
      return whatMatters(written.subarray(logStart).toString('utf8').trimEnd().split('\n')).join('\n');
    },
    stop: () => (howItEnded(child) === null ? stopProcess(pid, server.stopSteps) : Promise.resolve()),
  };
}

const SHOWN_LINES = 15;

/** A Go program that panics says why first, and where in many lines after it. */
function whatMatters(lines: string[]): string[] {
  const panic = lines.findIndex((line) => line.startsWith('panic: '));
  return panic < 0 ? lines.slice(-SHOWN_LINES) : lines.slice(panic, panic + SHOWN_LINES);
}

function startDeathGuard(pid: number, signal: NodeJS.Signals): ChildProcess {
  const script = 'read -r _; kill -s "$1" "$0"';
  const guard = spawn('/bin/sh', ['-c', script, String(pid), signal.replace('SIG', '')], {
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  // Without a shell the server outlives a kill -9 of this process, nothing worse.
  guard.on('error', () => undefined);
  guard.stdin?.on('error', () => undefined);
  (guard.stdin as Socket | null)?.unref();
  guard.unref();
  return guard;
}

function howItEnded(child: ChildProcess): string | null {
  if (child.signalCode !== null) return `ended by ${child.signalCode}`;
  return child.exitCode === null ? null : `exit code ${child.exitCode}`;
}

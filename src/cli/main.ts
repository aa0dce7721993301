import { CommanderError } from 'commander';
import { ConfigError } from '../config/problem';
import { TemporalProblem } from '../temporal/connect';
import { isTransient, TenantProblem } from '../tenant/problem';
import { createProgram } from './program';
import { CliProblem, EXIT, type ExitCode } from './shared/problem';
import { note } from './shared/screen';
import { keepLoopbackOffProxies } from './shared/shellServers';

async function main(): Promise<void> {
  keepLoopbackOffProxies();
  const program = createProgram();
  // `| head` closes the pipe early: what is left to say goes nowhere, and the command ends as it would.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = reportError(error, process.argv.includes('--verbose'));
  }
}

/** One sentence and the next step; the stack only with --verbose. */
function reportError(error: unknown, verbose: boolean): ExitCode {
  // Commander has said what is wrong with the command, or printed the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (verbose && error instanceof Error) note(error.stack ?? error.message);
  if (error instanceof ConfigError) {
    for (const line of error.message.split('\n')) note(`error ${line}`);
    return EXIT.usage;
  }
  if (error instanceof CliProblem) {
    note(`error ${error.message}`);
    return error.exitCode;
  }
  if (error instanceof TemporalProblem || error instanceof TenantProblem) {
    note(`error ${error.message}`);
    const configIsWrong = error instanceof TenantProblem && !isTransient(error);
    return configIsWrong ? EXIT.usage : EXIT.failed;
  }
  const file = fileProblem(error);
  if (file !== null) {
    note(`error ${file}`);
    return EXIT.usage;
  }
  // Not the message: a driver's may carry rows and addresses with passwords.
  const kind =
    error instanceof Error ? ('code' in error && typeof error.code === 'string' ? error.code : error.name) : 'unknown';
  note(`error This is a bug in peak-braze (${kind}). Run it with --verbose to see where, and please report it.`);
  return EXIT.failed;
}

const FILE_PROBLEMS: Readonly<Record<string, string>> = {
  EACCES: 'Permission denied:',
  EPERM: 'Permission denied:',
  EROFS: 'The disk is read only:',
  ENOSPC: 'The disk is full:',
  ENOTDIR: 'A file is in the place of a folder:',
  EISDIR: 'This is a folder, not a file:',
};

/** What the file system refused, and where; null for anything else. */
function fileProblem(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error) || !('path' in error)) return null;
  const words = FILE_PROBLEMS[String(error.code)];
  return words === undefined ? null : `${words} ${String(error.path)} (${String(error.code)}). Try another folder.`;
}

void main();

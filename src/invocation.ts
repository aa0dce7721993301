import { basename, dirname, join, relative, sep } from 'node:path';

/** The config file that a command reads when it is called without --config. */
export const DEFAULT_CONFIG_FILE = 'peak-braze.yaml';

let configFile = DEFAULT_CONFIG_FILE;

/** Remembers the `--config` of this process, so that the commands it prints name the same file. */
export function rememberConfigFile(file: string): void {
  configFile = file;
}

/**
 * A command of this program, ready to paste: spelt as the program was started, for the config file it was called with.
 *
 * @param command without the program's name, such as `approve churn`
 * @param file the config file, where it is not the one of this process
 */
export function typed(command: string, file: string = configFile): string {
  const flag = file === DEFAULT_CONFIG_FILE ? '' : ` --config ${shellWord(file)}`;
  return `${programName()} ${command}${flag}`;
}

/** How a process was started; {@link programName} reads the current one. */
interface Start {
  /** As in `process.argv[1]`: the path of the link that was called, or of the script. */
  script: string;
  /** npm sets it: `exec` for npx, `run-script` or `test` for a script of package.json. */
  npmCommand: string | undefined;
  folder: string;
}

const BIN = join('bin', 'peak-braze.js');
const NPX = 'npx peak-braze';

/**
 * `npx peak-braze` in the checkout, `peak-braze` where that name is on the PATH, else the script by its path. npm gives its
 * commands `npm_command` (docs.npmjs.com, "Scripts", "Environment").
 */
export function programName(
  start: Start = { script: process.argv[1] ?? '', npmCommand: process.env.npm_command, folder: process.cwd() },
): string {
  const { script, npmCommand, folder } = start;
  if (npmCommand === 'exec') return NPX;
  if (basename(script) === 'peak-braze') return 'peak-braze';
  if (!script.endsWith(BIN)) return NPX;
  const root = dirname(dirname(script));
  const inside = folder === root || folder.startsWith(root + sep) || root.includes(`${sep}node_modules${sep}`);
  return inside ? NPX : `node ${shellWord(nearer(relative(folder, script), script))}`;
}

function nearer(relativePath: string, absolutePath: string): string {
  return relativePath.length < absolutePath.length ? relativePath : absolutePath;
}

/** A word of a command, quoted where a shell would take it apart. */
export function shellWord(word: string): string {
  return /^[\w.@+:,/-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

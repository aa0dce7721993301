import { writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { statusLine } from '../cli/shared/screen';
import { openVariables } from '../config/variables';

interface VariablesFile {
  /** Whether `.env` was created. */
  written: boolean;
  lines: string[];
}

/**
 * Makes a second terminal's commands find these servers: creates `.env` beside the config when there is none (an existing one
 * belongs to the user), and says what to add or what overrides it.
 */
export async function ensureVariablesFile(
  configPath: string,
  variables: Readonly<Record<string, string>>,
): Promise<VariablesFile> {
  const set = openVariables(configPath, process.env);
  const file = join(dirname(configPath), '.env');
  const shown = relative(process.cwd(), file);
  const missing = Object.entries(variables).filter(([name]) => set.variable(name) === undefined);
  const settings = missing.map(([name, value]) => `${name}=${value}`);
  const written = missing.length > 0 && (await create(file, settings));
  const lines: string[] = [];
  if (written)
    lines.push(statusLine('ok', shown, `written, there was none: ${missing.map(([name]) => name).join(', ')}`));
  else if (missing.length > 0) {
    lines.push(
      statusLine('note', shown, 'is yours. Add for these servers:'),
      ...settings.map((setting) => `  ${setting}`),
    );
  }
  for (const [name, value] of Object.entries(variables)) {
    const found = set.variable(name);
    if (found === undefined || found.value === value) continue;
    const place = found.from === 'environment' ? 'of this shell' : `in ${shown}`;
    lines.push(statusLine('warn', 'variable', `${name} ${place} names another. For these servers: ${name}=${value}`));
  }
  return { written, lines };
}

async function create(file: string, settings: readonly string[]): Promise<boolean> {
  const text = ['# Written by peak-braze dev: servers on this machine. Replace them by your own.', ...settings, ''];
  try {
    await writeFile(file, text.join('\n'), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

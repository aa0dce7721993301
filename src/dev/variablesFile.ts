import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { statusLine } from '../cli/shared/screen';
import { openVariables } from '../config/variables';

interface VariablesFile {
  /** Whether `.env` was created. */
  written: boolean;
  lines: string[];
}

/** Begins a `.env` that `dev` has created. */
const HEADING = '# Written by peak-braze dev:';

/**
 * Makes the commands of a second terminal find these servers. Creates `.env` beside the config when there is none, and updates
 * one that `dev` has created; any other belongs to the user, and the lines say what to add or what overrides it.
 */
export async function ensureVariablesFile(
  configPath: string,
  variables: Readonly<Record<string, string>>,
): Promise<VariablesFile> {
  const set = openVariables(configPath, process.env);
  const file = variablesFile(configPath);
  const shown = relative(process.cwd(), file);
  const missing = Object.entries(variables).filter(([name]) => set.variable(name) === undefined);
  const settings = missing.map(([name, value]) => `${name}=${value}`);
  const written = missing.length > 0 && (await create(file, settings));
  const lines: string[] = [];
  if (written) lines.push(statusLine('ok', shown, `created: ${missing.map(([name]) => name).join(', ')}`));
  else if (missing.length > 0) {
    lines.push(
      statusLine('note', shown, 'is yours. Add for these servers:'),
      ...settings.map((setting) => `  ${setting}`),
    );
  }
  for (const [name, value] of Object.entries(variables)) {
    const found = set.variable(name);
    if (found === undefined || found.value === value) continue;
    if (isWrittenByDev(configPath, name)) {
      await replaceSetting(file, name, value);
      lines.push(statusLine('ok', shown, `updated: ${name}`));
      continue;
    }
    const place = found.from === 'environment' ? 'of this shell' : `in ${shown}`;
    lines.push(
      statusLine('warn', 'variable', `${name} ${place} has another value. For these servers:`),
      `  ${name}=${value}`,
    );
  }
  return { written, lines };
}

/** Whether a variable has its value from a `.env` that `dev` has created. */
export function isWrittenByDev(configPath: string, name: string): boolean {
  const found = openVariables(configPath, process.env).variable(name);
  return found?.from === 'dotenv' && readFileSync(variablesFile(configPath), 'utf8').startsWith(HEADING);
}

function variablesFile(configPath: string): string {
  return join(dirname(configPath), '.env');
}

async function create(file: string, settings: readonly string[]): Promise<boolean> {
  try {
    const heading = `${HEADING} servers on this machine. Replace them with your own.`;
    await writeFile(file, [heading, ...settings, ''].join('\n'), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function replaceSetting(file: string, name: string, value: string): Promise<void> {
  const lines = (await readFile(file, 'utf8')).split('\n');
  await writeFile(file, lines.map((line) => (line.startsWith(`${name}=`) ? `${name}=${value}` : line)).join('\n'));
}

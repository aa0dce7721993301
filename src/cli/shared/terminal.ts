/** A stream that may be a terminal, such as `process.stdout`. */
interface Terminal {
  isTTY?: boolean;
  columns?: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Narrower than this no layout is readable. */
const NARROWEST = 40;

/**
 * Columns of the terminal; Infinity where nobody reads the output on one, so that a line of a file or a pipe stays one line.
 * `COLUMNS` wins, as in other programs.
 */
export function terminalWidth(stream: Terminal, env: Environment = process.env): number {
  const asked = /^\d{1,4}$/.test(env.COLUMNS ?? '') ? Number(env.COLUMNS) : 0;
  const width = asked > 0 ? asked : stream.isTTY === true ? (stream.columns ?? 0) : 0;
  return width > 0 ? Math.max(width, NARROWEST) : Infinity;
}

/** Whether to colour: on a terminal, unless NO_COLOR; always with FORCE_COLOR (no-color.org, force-color.org). */
export function hasColour(stream: Terminal, env: Environment = process.env): boolean {
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '')
    return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false;
  return stream.isTTY === true && env.TERM !== 'dumb';
}

const [GREEN, YELLOW, RED] = [32, 33, 31];

const LEVELS: Readonly<Record<string, number>> = { ok: GREEN, warn: YELLOW, error: RED };

/** Colours the words that a reader looks for: the level that a line begins with, and what holds. */
export function coloured(line: string): string {
  return line
    .replace(/^(\s*)(ok|warn|error)(?=\s)/, (_, blanks: string, level: string) => blanks + paint(level, LEVELS[level]!))
    .replace(/(?<=^|\s)(HELD|HOLD)(?=\s|$)/g, (word) => paint(word, RED));
}

function paint(word: string, colour: number): string {
  return `\u001B[${colour}m${word}\u001B[39m`;
}

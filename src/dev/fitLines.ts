/** Columns of a terminal that nobody has widened. */
const COLUMNS = 80;

/**
 * Joins parts into lines of at most 80 columns; lines after the first are indented. A part is never broken: a path, a URL or
 * a command that is longer than a line can be copied whole.
 */
export function fitLines(
  parts: readonly string[],
  { separator, indent }: { separator: string; indent: number },
): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    const joined = last === undefined ? part : `${last}${separator}${part}`;
    if (last === undefined) lines.push(part);
    else if (joined.length <= COLUMNS) lines[lines.length - 1] = joined;
    else lines.push(' '.repeat(indent) + part);
  }
  return lines;
}

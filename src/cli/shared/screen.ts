/** What a command found out: to stdout, one line a thing. */
export function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** One JSON value, for programs. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** What is going on meanwhile: to stderr, so that stdout stays what was asked for. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** `found`: it was there before us, and stays. */
type LineLevel = 'ok' | 'found' | 'note' | 'warn' | 'error';

/** One line about one thing: symbol and word in one, never colour alone. */
export function statusLine(level: LineLevel, about: string, text: string): string {
  return `${level.padEnd(5)} ${about.padEnd(10)} ${text}`;
}

/** A value on a screen; `none` is what stands for no value. */
export function displayValue(value: string | number | boolean | null | undefined, none: string): string {
  return value === null || value === undefined ? none : String(value);
}

/** `23,570`, the same on every machine. */
export function count(n: number): string {
  return n.toLocaleString('en-US');
}

/** `1 run`, `2 runs`. */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** Local time with its day, as in `Mon 16 Nov 06:04`; today only the hour. */
export function when(iso: string | Date | null): string {
  if (iso === null) return '-';
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return String(iso);
  const time = at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  if (at.toDateString() === new Date().toDateString()) return time;
  return `${at.toLocaleDateString('en-GB', { weekday: 'short', day: 'numeric', month: 'short' }).replace(',', '')} ${time}`;
}

/** Name of the zone that {@link when} speaks in. */
export function localZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Columns as wide as their widest cell; numbers to the right. */
export function table(header: string[], rows: (string | number)[][]): string[] {
  const cells = [header, ...rows.map((row) => row.map((cell) => (typeof cell === 'number' ? count(cell) : cell)))];
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const isNumber = header.map((_, column) => rows.every((row) => typeof row[column] === 'number'));
  return cells.map((row) =>
    row
      .map((cell, column) => (isNumber[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
}

import { programName } from '../../invocation';
import { layOut } from './table';
import { coloured, hasColour, terminalWidth } from './terminal';
import { wrapLine } from './wrap';

export { count, plural } from './numbers';

/** What a command found out: to stdout, one line a thing, as wide as the terminal. */
export function print(line = ''): void {
  process.stdout.write(fitted(line, process.stdout));
}

/** Text with a layout of its own, such as Markdown: as it is. */
export function printAsItIs(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** One JSON value, for programs. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Progress and problems: to stderr, so that stdout stays what was asked for. */
export function note(line: string): void {
  process.stderr.write(fitted(line, process.stderr));
}

function fitted(line: string, stream: NodeJS.WriteStream): string {
  const lines = wrapLine(line, terminalWidth(stream), programName());
  return (hasColour(stream) ? lines.map(coloured) : lines).map((one) => `${one}\n`).join('');
}

/** `found`: it was already running, and is not stopped. */
type LineLevel = 'ok' | 'found' | 'note' | 'warn' | 'error';

/** One line about one thing: symbol and word in one, never colour alone. */
export function statusLine(level: LineLevel, about: string, text: string): string {
  return `${level.padEnd(5)} ${about.padEnd(10)} ${text}`;
}

/** A value on a screen; `none` is what stands for no value. */
export function displayValue(value: string | number | boolean | null | undefined, none: string): string {
  return value === null || value === undefined ? none : String(value);
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

/** Name of the time zone that {@link when} uses. */
export function localZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** A table that fits the terminal; see {@link layOut}. */
export function table(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  return layOut(header, rows, terminalWidth(process.stdout));
}

import { count } from './numbers';

type Cell = string | number;

interface Column {
  header: string;
  cells: string[];
  isNumber: boolean;
  width: number;
}

const GAP = 2;

/** A column of sentences is wrapped where it has at least this much room, else it starts a block of its own. */
const ROOM_FOR_SENTENCES = 24;

/**
 * Columns as wide as their widest cell, numbers with thousands separators to the right. A table that is wider than the terminal
 * is printed in blocks of columns below one another, each beginning with the first column; a last column of sentences is wrapped.
 *
 * @param width of the terminal, in columns
 */
export function layOut(header: readonly string[], rows: readonly (readonly Cell[])[], width: number): string[] {
  const [key, ...others] = header.map((name, at) =>
    column(
      name,
      rows.map((row) => row[at]!),
    ),
  );
  if (key === undefined) return [];
  return blocks(key, others, width).flatMap((block, at) => [...(at === 0 ? [] : ['']), ...blockLines(block, width)]);
}

function column(header: string, values: readonly Cell[]): Column {
  const cells = values.map((value) => (typeof value === 'number' ? count(value) : value));
  const isNumber = values.some(isFigure) && values.every((value) => value === '-' || value === '' || isFigure(value));
  return { header, cells, isNumber, width: Math.max(header.length, ...cells.map((cell) => cell.length)) };
}

/** A number, or one with its unit; text of digits alone may be an id. */
function isFigure(value: Cell): boolean {
  return typeof value === 'number' || /^<?[\d,]+(\.\d+)? (%|s|min \d+ s)$/.test(value);
}

function blocks(key: Column, others: readonly Column[], width: number): Column[][] {
  const found: Column[][] = [];
  let current = [key];
  for (const one of others) {
    const left = width - widthOf(current) - GAP;
    const fits = one.width <= left || (isSentence(one) && left >= ROOM_FOR_SENTENCES);
    if (fits || current.length === 1) current.push(one);
    else {
      found.push(current);
      current = [key, one];
    }
    // Nothing stands behind a column that is wrapped.
    if (widthOf(current) > width && one !== others.at(-1)) {
      found.push(current);
      current = [key];
    }
  }
  return current.length > 1 || found.length === 0 ? [...found, current] : found;
}

function widthOf(columns: readonly Column[]): number {
  return columns.reduce((sum, { width }) => sum + width + GAP, -GAP);
}

function isSentence({ cells }: Column): boolean {
  return cells.some((cell) => cell.includes(' '));
}

function blockLines(columns: readonly Column[], width: number): string[] {
  const last = columns.at(-1)!;
  const before = columns.slice(0, -1);
  const room = width - (before.length === 0 ? 0 : widthOf(before) + GAP);
  const lines = (cells: readonly string[]) => {
    const start = before
      .map((one, at) => padded(cells[at]!, one))
      .map((cell) => `${cell}${' '.repeat(GAP)}`)
      .join('');
    const parts = last.width > room ? inRoom(cells.at(-1)!, room) : [padded(cells.at(-1)!, last)];
    return parts.map((part, at) => `${at === 0 ? start : ' '.repeat(start.length)}${part}`.trimEnd());
  };
  return [
    columns.map(({ header }) => header),
    ...last.cells.map((_, row) => columns.map(({ cells }) => cells[row]!)),
  ].flatMap(lines);
}

function padded(cell: string, { isNumber, width }: Column): string {
  return isNumber ? cell.padStart(width) : cell.padEnd(width);
}

/** A sentence in lines of at most `room` characters, where its words allow. */
function inRoom(text: string, room: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= room) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

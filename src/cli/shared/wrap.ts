/** What a line of commands begins with, besides the program's own name. */
const OTHER_COMMANDS = ['npm run', 'temporal workflow'];

/** Parts of a line of figures, such as `1,325 changed`, stay whole up to this length. */
const SHORT_PART = 40;

/** Deeper than this a continuation leaves too little room for words. */
const DEEPEST_INDENT = 32;

/** A number and its unit, a day and its time: never on two lines. */
const TOGETHER = /\d (?:%|s|min|h)(?=[\s.,;:)]|$)|\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d\d? \w{3} \d\d:\d\d/g;

/** Stands for a blank that no line breaks at; no text of a terminal has it. */
const KEPT_BLANK = '\0';

interface Piece {
  text: string;
  /** Blanks between it and the piece before. */
  gap: number;
  /** A command can be pasted over several lines only with a backslash at each end. */
  isCommand: boolean;
}

/**
 * Breaks a line at its blanks so that it fits a terminal. Continuations stand below the text of the first line. No word is cut:
 * one that is longer than the terminal is left to it. A command stays on one line where it fits, and is continued with `\` where
 * it does not, so that it can be pasted.
 *
 * @param width in columns
 * @param program how commands of this program begin
 */
export function wrapLine(line: string, width: number, program: string): string[] {
  if (line.length <= width) return [line];
  const leading = line.length - line.trimStart().length;
  const deepest = Math.floor(width * 0.4);
  const indent = Math.min(hangingIndent(line, leading), deepest);
  const lines: string[] = [];
  let current = ' '.repeat(leading);
  for (const { text, gap, isCommand } of pieces(kept(line.trimStart()), program, width - indent)) {
    const isFirst = current.trim() === '';
    const start = isFirst ? current : current + ' '.repeat(gap);
    const isTooLong = isCommand && indent + text.length > width;
    // A command that no line has room for begins behind its label.
    const staysHere = isFirst || start.length + text.length <= width || (isTooLong && start.length <= deepest);
    if (!staysHere) lines.push(current.trimEnd());
    const from = staysHere ? start : ' '.repeat(indent);
    const parts = isTooLong ? continued(from, text, width) : [from + text];
    lines.push(...parts.slice(0, -1));
    current = parts.at(-1)!;
  }
  return [...lines, current.trimEnd()].map((one) => one.replaceAll(KEPT_BLANK, ' '));
}

function kept(text: string): string {
  return text.replace(TOGETHER, (part) => part.replaceAll(' ', KEPT_BLANK));
}

/** Where the text of a line begins: behind its level, its label, or its indent. */
function hangingIndent(line: string, leading: number): number {
  const status = /^(?:ok|found|note|warn|error) +(?:\S+ {2,})?/.exec(line) ?? /^next: /.exec(line);
  if (status !== null) return status[0].length;
  const gaps = [...line.matchAll(/ {2,}(?=\S)/g)].map(({ index, 0: gap }) => index + gap.length);
  return gaps.findLast((end) => end > leading && end <= DEEPEST_INDENT) ?? leading + 2;
}

/** The unbreakable parts of a line, `room` being the width of a continuation. */
function pieces(text: string, program: string, room: number): Piece[] {
  const parts = [...text.matchAll(/( *)((?:\S| (?=\S))+)/g)];
  return parts.flatMap(([, blanks, part]) => {
    const gap = blanks!.length;
    const commands = joinCommands(part!.split(' '), program);
    if (parts.length > 1 && part!.length <= Math.min(SHORT_PART, room)) {
      return [{ text: part!, gap, isCommand: commands.some(({ isCommand }) => isCommand) }];
    }
    return commands.map((piece, at) => ({ ...piece, gap: at === 0 ? gap : 1 }));
  });
}

/** Words of a command as one piece: up to the end of its sentence or part. */
function joinCommands(words: readonly string[], program: string): Omit<Piece, 'gap'>[] {
  const starts = [program, ...OTHER_COMMANDS].map((start) => start.split(' '));
  const found: Omit<Piece, 'gap'>[] = [];
  for (let at = 0; at < words.length;) {
    const isCommand = starts.some((start) => start.every((word, n) => words[at + n]?.replace(/^[`(]/, '') === word));
    let end = at + 1;
    if (isCommand) {
      while (end < words.length && !/[.,;:)]$/.test(words[end - 1]!) && !/^[·(]/.test(words[end]!)) end += 1;
    }
    found.push({ text: words.slice(at, end).join(' '), isCommand });
    at = end;
  }
  return found;
}

/** A command over several lines of a shell, the first one behind `start`. */
function continued(start: string, command: string, width: number): string[] {
  const lines: string[] = [];
  const indent = ' '.repeat(start.length + 2);
  let current = start;
  let empty = true;
  for (const word of command.split(' ')) {
    if (!empty && current.length + 1 + word.length + 2 > width) {
      lines.push(`${current} \\`);
      current = indent;
      empty = true;
    }
    current += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, current];
}

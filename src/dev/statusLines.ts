import { statusLine } from '../cli/shared/screen';
import { fitLines } from './fitLines';

/** Where the text of a {@link statusLine} begins. */
const TEXT_COLUMN = statusLine('ok', '', '').length;

/** A {@link statusLine} whose text continues below its beginning where a terminal of 80 columns ends. */
export function statusLines(...[level, about, text]: Parameters<typeof statusLine>): string[] {
  const [first = '', ...rest] = text.split(' ');
  return fitLines([statusLine(level, about, first), ...rest], { separator: ' ', indent: TEXT_COLUMN });
}

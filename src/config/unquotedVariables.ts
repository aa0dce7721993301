import { LineCounter, parseDocument } from 'yaml';
import { type Path, showPath } from './path';
import type { ConfigProblem } from './problem';

/** Replaces a variable that YAML cannot read in its place. One UTF-16 unit, so that all positions stay the same. */
const MASK = '\uE000';

interface UnquotedVariable {
  offset: number;
  line: number;
  column: number;
  /** The name only: a default may be a secret. */
  shown: string;
}

/**
 * `{ url: ${TENANT_URL} }` ends the mapping at the variable's brace and breaks all that follows. Each such variable is reported
 * and masked, so that the rest of the file can still be read and its other problems reported at the same time.
 */
export function maskUnquotedVariables(text: string): { text: string; variables: UnquotedVariable[] } {
  const lineCounter = new LineCounter();
  parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: false });
  const variables: UnquotedVariable[] = [];
  let masked = text;
  for (let offset = findUnquoted(masked); offset !== -1; offset = findUnquoted(masked)) {
    const [whole, name = 'NAME', rest] = /^\$\{(\w+)?([^}\r\n]*)\}?/.exec(masked.slice(offset))!;
    const { line, col } = lineCounter.linePos(offset);
    variables.push({ offset, line, column: col, shown: `\${${name}${rest === '' ? '' : '…'}}` });
    masked = masked.slice(0, offset) + MASK.repeat(whole.length) + masked.slice(offset + whole.length);
  }
  return { text: masked, variables };
}

/** Whether a scalar contains a masked variable. */
export function isMasked(scalar: string): boolean {
  return scalar.includes(MASK);
}

/** What is wrong with such a variable, and how to write it. */
export function unquotedProblem({ line, column, shown }: UnquotedVariable, path: Path): ConfigProblem {
  const found = `${shown} without quotes inside braces`;
  const expected = `"${shown}"`;
  return { line, column, path: showPath(path), found, expected, message: `found ${found}. Quote it: ${expected}` };
}

/** Where YAML itself fails on the brace of a `${`; quoted ones and those outside braces it reads without complaint. */
function findUnquoted(text: string): number {
  const { errors } = parseDocument(text, { prettyErrors: false, uniqueKeys: false });
  const misread = errors.find(({ pos: [at] }) => text.startsWith('${', at - 1));
  return misread === undefined ? -1 : misread.pos[0] - 1;
}

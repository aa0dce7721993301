import { type Document, isScalar, type LineCounter, visit, type YAMLError } from 'yaml';
import type { ConfigProblem } from './problem';

/** The reader ignores a tag; after any other error a key may be in a different place from where it was written. */
const HARMLESS = new Set(['TAG_RESOLVE_FAILED']);

/** Every syntax error in our own words, one per line. */
export function describeYamlErrors(
  document: Document,
  lineCounter: LineCounter,
): { problems: ConfigProblem[]; trusted: boolean } {
  const byLine = new Map<number, ConfigProblem>();
  for (const error of [...document.errors, ...document.warnings]) {
    const { line, col } = lineCounter.linePos(placeOf(error, document));
    const { found, expected } = describe(error);
    // The first error of a line causes the others.
    if (!byLine.has(line)) {
      byLine.set(line, { line, column: col, path: '', found, expected, message: `${found}. ${expected}.` });
    }
    // Everything after a misplaced token is misread, line by line.
    if (error.code === 'UNEXPECTED_TOKEN') break;
  }
  const trusted = document.errors.every((error) => HARMLESS.has(error.code));
  return { problems: [...byLine.values()], trusted };
}

/** An open quote is detected at the end of the file, but must be closed where it opens. */
function placeOf(error: YAMLError, document: Document): number {
  let place = error.pos[0];
  if (!isOpenQuote(error)) return place;
  visit(document, (_key, node) => {
    if (isScalar(node) && node.type?.startsWith('QUOTE_') && node.range && node.range[1] >= error.pos[0])
      place = node.range[0];
  });
  return place;
}

function isOpenQuote(error: YAMLError): boolean {
  return error.code === 'MISSING_CHAR' && error.message.includes('quote');
}

function describe(error: YAMLError): { found: string; expected: string } {
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return { found: 'this line is indented with a tab', expected: 'Use spaces' };
    case 'BAD_INDENT':
      return error.message.startsWith('Flow')
        ? { found: 'a { or [ above this line is not closed', expected: 'Close it' }
        : {
            found: 'this line is indented differently from its neighbours',
            expected: 'Keys of one mapping must start in the same column',
          };
    case 'MISSING_CHAR':
      if (isOpenQuote(error)) return { found: 'the quote that opens here is never closed', expected: 'Close it' };
      return error.message.startsWith('Implicit map keys')
        ? { found: 'this line has no colon and space after its key', expected: 'Write key: value' }
        : { found: 'a comma, a colon or a bracket is missing here', expected: 'Add it' };
    case 'MULTILINE_IMPLICIT_KEY':
      return { found: 'this line has no colon and space after its key', expected: 'Write key: value' };
    case 'BLOCK_AS_IMPLICIT_KEY':
      return {
        found: 'a second "key: value" is in the place of a value',
        expected: 'Quote a value that contains a colon and a space; indent like the line above',
      };
    case 'BAD_SCALAR_START':
      return { found: 'a value cannot begin with this character', expected: 'Put the value in quotes' };
    case 'BAD_DQ_ESCAPE':
      return { found: 'a backslash in double quotes begins an escape', expected: 'Use single quotes' };
    case 'MULTIPLE_DOCS':
      return { found: 'a second document begins here', expected: 'Remove the line ---: one file is one config' };
    case 'TAG_RESOLVE_FAILED':
      return { found: 'a tag such as !name has no meaning here', expected: 'Remove it' };
    default:
      return {
        found: 'this is not valid YAML',
        expected: 'Look for an extra bracket or quote, or a string that needs quotes',
      };
  }
}

import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  Scalar,
} from 'yaml';
import { typed } from '../invocation';
import { type Path, pathKey, showPath } from './path';
import type { ConfigProblem } from './problem';
import { isMasked, maskUnquotedVariables, unquotedProblem } from './unquotedVariables';
import { describeYamlErrors } from './yamlErrors';

interface Position {
  line: number;
  column: number;
}

/** The config as written: a plain tree with positions. */
export interface YamlText {
  /**
   * Mappings, lists and scalars. A scalar stays the text that was written (0.10 is "0.10", never a float) or `null`; the schema
   * decides whether it must be a number, a boolean or a string.
   */
  tree: unknown;
  /** Where the key of a path stands and where its value; the nearest enclosing place when it does not exist. */
  keyPosition(path: Path): Position;
  valuePosition(path: Path): Position;
  problems: ConfigProblem[];
  /** Places whose problem is already reported and that have no value. */
  unreadable: Path[];
  /** Whether the structure can be trusted; with a broken one every further finding would mislead. */
  trusted: boolean;
}

/** Reads YAML and says what is wrong with it in our own words: the library's messages quote the text, which may be a secret. */
export function readYamlText(text: string): YamlText {
  const masked = maskUnquotedVariables(text);
  const lineCounter = new LineCounter();
  // Duplicate keys are found below, where the first one's line is known too.
  const document = parseDocument(masked.text, { lineCounter, prettyErrors: false, uniqueKeys: false });
  const syntax = describeYamlErrors(document, lineCounter);
  const reader = new TreeReader(document, lineCounter, text);
  const tree = document.contents === null ? undefined : reader.read(document.contents, []);
  const unquoted = masked.variables.map((variable) => unquotedProblem(variable, reader.pathOf(variable.offset)));
  const problems = [...unquoted, ...syntax.problems];
  if (syntax.trusted) problems.push(...reader.problems, ...wholeFileProblems(tree));
  return {
    tree,
    keyPosition: (path) => nearestPosition(reader.keyPositions, path),
    valuePosition: (path) => nearestPosition(reader.valuePositions, path),
    problems,
    unreadable: reader.unreadable,
    trusted: syntax.trusted && typeof tree === 'object' && tree !== null && !Array.isArray(tree),
  };
}

function wholeFileProblems(tree: unknown): ConfigProblem[] {
  const expected = 'a mapping with workspaces, sources and syncs';
  const problem = (found: string, message: string) => [
    { line: null, column: null, path: '', found, expected, message },
  ];
  if (tree === undefined || tree === null) {
    return problem('nothing', `the file is empty. Create one with \`${typed('init')}\`.`);
  }
  if (Array.isArray(tree)) return problem('a list', `found a list, expected ${expected}.`);
  if (typeof tree === 'string') {
    return problem('a string', `found a string, expected ${expected}. A key needs a colon and a space after it.`);
  }
  return [];
}

function nearestPosition(positions: ReadonlyMap<string, Position>, path: Path): Position {
  for (let length = path.length; length >= 0; length -= 1) {
    const position = positions.get(pathKey(path.slice(0, length)));
    if (position !== undefined) return position;
  }
  return { line: 1, column: 1 };
}

class TreeReader {
  readonly keyPositions = new Map<string, Position>();
  readonly valuePositions = new Map<string, Position>();
  readonly problems: ConfigProblem[] = [];
  readonly unreadable: Path[] = [];
  readonly #text: string;
  readonly #document: Document;
  readonly #lineCounter: LineCounter;
  readonly #maskedScalars: { node: Scalar; path: Path }[] = [];
  /** Anchors being read: an alias to one of them would never end. */
  readonly #open = new Set<unknown>();

  constructor(document: Document, lineCounter: LineCounter, text: string) {
    this.#text = text;
    this.#document = document;
    this.#lineCounter = lineCounter;
  }

  read(node: unknown, path: Path): unknown {
    this.#remember(this.valuePositions, path, node);
    if (isAlias(node)) {
      const target = node.resolve(this.#document);
      if (target !== undefined && !this.#open.has(target)) return this.#readTarget(target, path);
      this.#refuse(path, {
        found: 'an alias without its anchor',
        expected: 'the value itself',
        message: 'this *alias has no &anchor above it.',
      });
      this.unreadable.push(path);
      return undefined;
    }
    return this.#readTarget(node, path);
  }

  /** The path of the scalar around an unquoted variable. */
  pathOf(offset: number): Path {
    const around = ({ node: { range } }: { node: Scalar }) => range && range[0] <= offset && offset < range[1];
    return this.#maskedScalars.find(around)?.path ?? [];
  }

  #readTarget(node: unknown, path: Path): unknown {
    this.#open.add(node);
    try {
      if (isMap(node)) return this.#readMapping(node.items, path);
      if (isSeq(node)) return node.items.map((item, index) => this.read(item, [...path, String(index)]));
      return isScalar(node) ? this.#readScalar(node, path) : null;
    } finally {
      this.#open.delete(node);
    }
  }

  #readMapping(pairs: readonly Pair[], path: Path): Record<string, unknown> {
    const mapping: Record<string, unknown> = {};
    for (const { key, value } of pairs) {
      const name = isScalar(key) ? key.source : undefined;
      // `__proto__` would not become a key of the mapping at all.
      if (name === undefined || name === '' || name === '__proto__') {
        this.#remember(this.valuePositions, [...path, ''], key);
        const message = 'this cannot be a key. Write a name.';
        this.#refuse([...path, ''], { found: 'a key that is not a name', expected: 'a name', message });
        continue;
      }
      const at = [...path, name];
      const first = this.keyPositions.get(pathKey(at));
      this.#remember(this.keyPositions, at, key);
      const read = this.read(value, at);
      if (first !== undefined) {
        const message = `this key is a duplicate of the one at line ${first.line}. Remove one of them.`;
        this.#refuse(at, { found: 'the key twice', expected: 'the key once', message }, this.keyPositions);
      }
      mapping[name] = read;
    }
    return mapping;
  }

  #readScalar(node: Scalar, path: Path): string | null {
    const text = scalarText(node);
    if (text === null || !node.range || !isMasked(text)) return text;
    // Reported as unquoted, and read as intended: its variable may be missing too.
    this.#maskedScalars.push({ node, path });
    return this.#text.slice(node.range[0], node.range[1]);
  }

  #remember(positions: Map<string, Position>, path: Path, node: unknown): void {
    const range = (node as Node | null | undefined)?.range;
    if (!range) return;
    const { line, col } = this.#lineCounter.linePos(range[0]);
    positions.set(pathKey(path), { line, column: col });
  }

  #refuse(
    path: Path,
    problem: Pick<ConfigProblem, 'found' | 'expected' | 'message'>,
    positions = this.valuePositions,
  ): void {
    const { line, column } = nearestPosition(positions, path);
    this.problems.push({ line, column, path: showPath(path), ...problem });
  }
}

/** The text as written: a plain number keeps its digits, a quoted text loses its quotes only. */
function scalarText(node: Scalar): string | null {
  return node.value === null ? null : (node.source ?? '');
}

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

/*
 * The words of the project: no text says what docs/words.md calls never. It reads the documents without their code, and sources
 * whole: strings, comments and names.
 */

const PROJECT = join(__dirname, '../..');
const WORD_LIST = 'docs/words.md';
const SOURCES = ['src', 'emulators', 'demo', 'bench', 'tools', 'bin', 'test', '.ci'];
const NOT_READ = [WORD_LIST, 'test/docs/words.test.ts', 'CHANGELOG.md'];

/**
 * Exact names, by the phrase they contain: the agreement's and the emulator's, whose users quote them.
 */
const EXACT_NAMES: [RegExp, string][] = [
  // The emulator's switch that makes Braze answer again.
  [/['"`]?\bheal(Braze)?\b['"`]?(?=\??[:(,]|\s*=>)|\/heal\b|'heal'|--heal\b/, 'heal'],
];

function neverPhrases(): string[] {
  const section = /## Never\n([\s\S]*?)\n## /.exec(readFileSync(join(PROJECT, WORD_LIST), 'utf8'))![1]!;
  const rows = section.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| ---'));
  return rows.slice(1).flatMap((row) =>
    row
      .split('|')[1]!
      .split(',')
      .map((phrase) => phrase.trim()),
  );
}

function filesIn(folder: string, ends: RegExp): string[] {
  return readdirSync(join(PROJECT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory())
      return entry.name === 'node_modules' || entry.name === 'histories' ? [] : filesIn(path, ends);
    return ends.test(entry.name) ? [path] : [];
  });
}

/** What a reader of a document sees as prose; as many lines as the file has. */
function proseOf(markdown: string): string {
  const blank = (text: string) => text.replace(/[^\n]/g, ' ');
  return markdown
    .replace(/^ *(```|~~~)[\s\S]*?^ *\1/gm, blank)
    .replace(/`[^`\n]+`/g, (code) => 'x'.repeat(code.length));
}

/** Each phrase's places, as `file:line phrase`. */
function placesOf(file: string, text: string, never: RegExp): string[] {
  return [...text.matchAll(never)].flatMap((found) => {
    const lineStart = text.lastIndexOf('\n', found.index) + 1;
    const line = text.slice(lineStart, text.indexOf('\n', found.index + found[0].length) >>> 0);
    if (EXACT_NAMES.some(([name, phrase]) => phrase === found[0].toLowerCase() && name.test(line))) return [];
    const number = text.slice(0, found.index).split('\n').length;
    return [`${file}:${number} ${found[0].replace(/\s+(\*|\/\/)?\s*/g, ' ')}`];
  });
}

/** A phrase may be broken over two lines of a comment. */
function patternOf(phrases: readonly string[]): RegExp {
  const between = String.raw`(?:[ \t]+|[ \t]*\n[ \t]*(?:\*|//|#)?[ \t]*)`;
  const longestFirst = phrases.toSorted((a, b) => b.length - a.length);
  const words = longestFirst.map((phrase) => phrase.split(' ').join(between));
  return new RegExp(String.raw`(?<![\w'-])(?:${words.join('|')})(?![\w-])`, 'gi');
}

const NEVER = patternOf(neverPhrases());
const documents = ['README.md', 'CONTRIBUTING.md', ...filesIn('docs', /\.(md|svg)$/)];
const sources = SOURCES.filter((folder) => statSync(join(PROJECT, folder), { throwIfNoEntry: false })).flatMap(
  (folder) => filesIn(folder, /\.(ts|js|go|sh|yaml|yml|py|txt)$|^run$/),
);
const examples = filesIn('docs/examples', /\.txt$/);
const others = ['Dockerfile', 'docker-compose.yml', 'package.json'];

test.each([
  ['documents', documents, proseOf],
  ['program texts', [...sources, ...examples, ...others], (text: string) => text],
])('no phrase marked never in %s', (_, files, read) => {
  const places = files
    .filter((file) => !NOT_READ.includes(relative('.', file)))
    .flatMap((file) => placesOf(file, read(readFileSync(join(PROJECT, file), 'utf8')), NEVER));
  expect(places).toEqual([]);
});

test.each([
  ['Mend it, then retry.', ['Mend']],
  ['the run goes\n * on without it', ['goes on']],
  ['mendacious tellers and untouched rows', []],
  ['heartbeats, and departedCustomers', []],
  ['it was TOLD so', ['TOLD']],
])('the pattern reads %j', (text, phrases) => {
  expect(placesOf('x', text, NEVER).map((place) => place.replace('x:1 ', ''))).toEqual(phrases);
});

test('prose has no code', () => {
  expect(proseOf('a `told` b\n\n```sh\ntold\n```\nc')).toBe('a xxxxxx b\n\n     \n    \n   \nc');
});

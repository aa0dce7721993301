import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const CLI = resolve(__dirname, '../../src/cli');

/** `check` of `check.ts` and `check/report.ts`. */
function commandOf(file: string): string {
  return file.split('/')[0]!.replace(/\.ts$/, '');
}

/** Imports that cross from one command into another, in these files. */
function crossings(sources: readonly (readonly [file: string, text: string])[]): string[] {
  return sources.flatMap(([file, text]) => {
    const imports = [...text.matchAll(/\bfrom '(\.[^']*)'/g)].map(([, from]) =>
      relative(CLI, resolve(CLI, dirname(file), from!)),
    );
    return imports
      .filter((target) => !target.startsWith('..') && !['shared', commandOf(file)].includes(commandOf(target)))
      .map((target) => `${file} imports ${target}`);
  });
}

test('a command imports its own files and what is shared, never another command', () => {
  const files = readdirSync(CLI, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  expect(files.length).toBeGreaterThan(40);
  const commands = files.filter((file) => !['main.ts', 'program.ts'].includes(file));
  expect(crossings(commands.map((file) => [file, readFileSync(join(CLI, file), 'utf8')]))).toEqual([]);
});

test('an import of another command is found', () => {
  expect(
    crossings([
      ['rejected.ts', `import { startAndFollow } from './run';`],
      ['backfill/dryRun.ts', `import { previewLines } from '../preview/previewLines';`],
      ['shared/follow.ts', `import { addRun } from '../run';`],
      ['check.ts', `import { checkAll } from './check/checkAll';\nimport { print } from './shared/screen';`],
    ]),
  ).toEqual([
    'rejected.ts imports run',
    'backfill/dryRun.ts imports preview/previewLines',
    'shared/follow.ts imports run',
  ]);
});

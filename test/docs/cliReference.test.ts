import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command, Option } from 'commander';
import { createProgram } from '../../src/cli/program';
import { EXIT } from '../../src/cli/shared/problem';
import { PROJECT } from '../environment';

/*
 * docs/cli.md is generated from the program: `UPDATE_EXAMPLES=1 npx jest test/docs/cliReference` writes it.
 */

const FILE = join(PROJECT, 'docs/cli.md');

const INTRO = `# Commands

Run every command in the root of the repository as \`npx --no-install peak-braze COMMAND\`. \`--no-install\` keeps npx from downloading
the npm package \`peak-braze\`, which is not ours. [Examples](examples) show what most commands print.

Every command takes \`--help\`, \`--verbose\` (include stack traces) and \`--json\` (print JSON; \`schema COMMAND\` prints its JSON Schema).
Every command but \`demo\` takes \`--config FILE\` (default: \`peak-braze.yaml\`). Output wraps at the width of the terminal, or at
\`COLUMNS\`. \`NO_COLOR\` turns colours off; \`FORCE_COLOR\` turns them on.

## Exit codes

| Code | Meaning |
| --- | --- |
| ${EXIT.ok} | The command succeeded: the run is recorded, there was nothing to do (also \`no-new-model-run\`), or the command detached |
| ${EXIT.failed} | The run ended before everything was sent (incomplete, discarded, cancelled), or something outside the config is broken |
| ${EXIT.usage} | Change the config or the command |
| ${EXIT.held} | The run is held (with \`--no-wait-held\`) |
`;

const COMMON = ['--config', '--json', '--verbose', '--help'];

function reference(program: Command): string {
  return [INTRO, ...program.commands.filter((one) => one.name() !== 'help').map(section)].join('\n');
}

function section(command: Command): string {
  const own = command.options.filter(({ long }) => !COMMON.includes(long ?? ''));
  return [
    `## ${command.name()}`,
    '',
    `${command.description()}.`,
    '',
    `Usage: \`${command.name()} ${command.usage()}\``,
    '',
    '```text',
    ...examplesOf(command),
    '```',
    '',
    ...(own.length === 0 ? [] : ['| Option | Effect |', '| --- | --- |', ...own.map(row), '']),
  ].join('\n');
}

/** What the help prints below the options. */
function examplesOf(command: Command): string[] {
  let help = '';
  command.configureOutput({ writeOut: (text) => (help += text) });
  command.outputHelp();
  return help
    .slice(help.indexOf('\nExample:\n') + '\nExample:\n'.length)
    .trim()
    .split('\n')
    .map((line) => line.trim().replace(/^npx peak-braze/, 'npx --no-install peak-braze'));
}

function row({ flags, description, defaultValue }: Option): string {
  const standard = typeof defaultValue === 'string' ? ` (default: ${defaultValue})` : '';
  return `| \`${flags.replaceAll('|', '\\|')}\` | ${description.replaceAll('|', '\\|')}${standard} |`;
}

/** Tables as prettier aligns them are still the same tables. */
const unaligned = (markdown: string) =>
  markdown
    .replace(/ *\| */g, '|')
    .replace(/-{3,}/g, '---')
    .replace(/\n+$/, '\n');

test('docs/cli.md is what the program says of itself', () => {
  const written = reference(createProgram());
  if (process.env.UPDATE_EXAMPLES !== undefined) writeFileSync(FILE, written);
  expect(unaligned(existsSync(FILE) ? readFileSync(FILE, 'utf8') : '')).toBe(unaligned(written));
});

/** What a person reads in one glance is a command, not a description of one. */
test('every command and option is described in the imperative', () => {
  const described = createProgram().commands.flatMap((command) => [
    command.description(),
    ...command.options.map(({ description }) => description),
  ]);
  // Nouns, third persons and participles that descriptions used to begin with.
  expect(
    described.filter((text) =>
      /^(the|a|an|one|what|which|where|how|only these|these|those|so many|as|all|everything|reads|writes|shows|prints|\w+ing)\b/i.test(
        text,
      ),
    ),
  ).toEqual([]);
});

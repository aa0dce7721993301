import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadConfig } from '../../src/config/load';
import { errorOf, linesOf, removeConfigs, withSetting, writeConfig } from './tempConfig';

afterEach(removeConfigs);

test.each([
  ['a tab', 'syncs:\n\tchurn: {}\n', '2: this line is indented with a tab. Use spaces.'],
  ['an open quote', 'a: 1\nb: "x\nc: 2\nd: 3\n', '2: the quote that opens here is never closed. Close it.'],
  ['an open brace', 'a: { b: 1\nc: 2\n', '2: a { or [ above this line is not closed. Close it.'],
  [
    'a deeper line',
    'a:\n  b: 1\n   c: 2\n',
    '2: a second "key: value" is in the place of a value. Quote a value that contains a colon and a space; indent like the line above.',
  ],
  [
    'a shallower line',
    'a:\n  - 1\n b: 2\n',
    '3: this line is indented differently from its neighbours. Keys of one mapping must start in the same column.',
  ],
  [
    'two colons',
    'a: b: c\n',
    '1: a second "key: value" is in the place of a value. Quote a value that contains a colon and a space; indent like the line above.',
  ],
  [
    'no blank after a colon',
    'a: 1\nb:2\nc: 3\n',
    '2: this line has no colon and space after its key. Write key: value.',
  ],
  ['a missing comma', 'a: [ "b" "c" ]\n', '1: a comma, a colon or a bracket is missing here. Add it.'],
  ['a reserved character', 'a: @home\n', '1: a value cannot begin with this character. Put the value in quotes.'],
  ['an escape', 'a: "\\q"\n', '1: a backslash in double quotes begins an escape. Use single quotes.'],
  [
    'two documents',
    'a: 1\n---\nb: 2\n',
    '2: a second document begins here. Remove the line ---: one file is one config.',
  ],
  [
    'a brace too many',
    'a: { b: 1 }}\nc: 2\n',
    '1: this is not valid YAML. Look for an extra bracket or quote, or a string that needs quotes.',
  ],
])('%s is named with its line', (_what, yaml, expected) => {
  expect(linesOf(yaml)).toEqual([`peak-braze.yaml:${expected}`]);
});

test('each line with a mistake of syntax is named', () => {
  expect(linesOf('a: @x\nb: 1\nc: `y\n')).toEqual([
    'peak-braze.yaml:1: a value cannot begin with this character. Put the value in quotes.',
    'peak-braze.yaml:3: a value cannot begin with this character. Put the value in quotes.',
  ]);
});

test('a duplicate key is named with the first one', () => {
  expect(linesOf(withSetting('table: others'))).toEqual([
    'syncs.churn.table (peak-braze.yaml:8): this key is a duplicate of the one at line 7. Remove one of them.',
  ]);
});

test.each([
  ['overlap: *hour', 'overlap (peak-braze.yaml:8): this *alias has no &anchor above it.'],
  ['guards: &g { maxCustomers: *g }', 'guards.maxCustomers (peak-braze.yaml:8): this *alias has no &anchor above it.'],
  ['__proto__: x', '… (peak-braze.yaml:8): this cannot be a key. Write a name.'],
  ['? [ a ]\n: x', '… (peak-braze.yaml:8): this cannot be a key. Write a name.'],
])('what YAML allows and a config does not: %j', (setting, expected) => {
  expect(linesOf(withSetting(setting))).toEqual([`syncs.churn.${expected}`]);
});

test('a tag is refused, and the rest is read all the same', () => {
  expect(linesOf(withSetting('overlap: !hours 30'))).toEqual([
    'peak-braze.yaml:8: a tag such as !name has no meaning here. Remove it.',
    'syncs.churn.overlap (peak-braze.yaml:8): found "30", expected a duration such as 30s, 15m, 1h, 6d or 2w. Add a unit: write 30s for 30 seconds.',
  ]);
});

describe('a variable inside braces wants quotes', () => {
  test.each([
    ['{ url: ${TENANT_URL} }', '${TENANT_URL}'],
    ['{ url: ${TENANT_URL}}', '${TENANT_URL}'],
    ['{url: ${TENANT_URL:-postgres://u:hunter2@h/db} }', '${TENANT_URL…}'],
  ])('%s', (source, shown) => {
    const yaml = `sources:
  tenant: ${source}
workspaces:
  eu: { restEndpoint: https://rest.fra-01.braze.eu, apiKey: "k" }
syncs:
  churn: { table: scores, attributes: { score: number }, overlap: 30 }
`;
    const lines = linesOf(yaml);
    expect(lines[0]).toBe(
      `sources.tenant.url (peak-braze.yaml:2): found ${shown} without quotes inside braces. Quote it: "${shown}"`,
    );
    // What follows is read as if the quotes were there.
    expect(lines.slice(1)).toEqual([expect.stringContaining('syncs.churn.overlap (peak-braze.yaml:6)')]);
  });

  test('several are reported at once, and so is that one of them is not set', () => {
    const yaml = `workspaces: { eu: { restEndpoint: \${BRAZE_REST_ENDPOINT}, apiKey: \${NO_SUCH_KEY} } }
sources: { tenant: { url: "\${TENANT_URL}" } }
syncs: { churn: { table: \${TABLE:-scores}, attributes: { score: number } } }
`;
    expect(linesOf(yaml)).toEqual([
      'workspaces.eu.restEndpoint (peak-braze.yaml:1): found ${BRAZE_REST_ENDPOINT} without quotes inside braces. Quote it: "${BRAZE_REST_ENDPOINT}"',
      'workspaces.eu.apiKey (peak-braze.yaml:1): found ${NO_SUCH_KEY} without quotes inside braces. Quote it: "${NO_SUCH_KEY}"',
      'workspaces.eu.apiKey (peak-braze.yaml:1): the variable NO_SUCH_KEY is not set. Set it in the environment or in .env beside this file.',
      'syncs.churn.table (peak-braze.yaml:3): found ${TABLE…} without quotes inside braces. Quote it: "${TABLE…}"',
    ]);
  });
});

describe('the file itself', () => {
  test.each([
    ['', 'the file is empty. Create one with `npx peak-braze init`.'],
    ['# nothing yet\n', 'the file is empty. Create one with `npx peak-braze init`.'],
    ['- a\n', 'found a list, expected a mapping with workspaces, sources and syncs.'],
    [
      'syncs:churn\n',
      'found a string, expected a mapping with workspaces, sources and syncs. A key needs a colon and a space after it.',
    ],
  ])('%j', (yaml, message) => {
    expect(linesOf(yaml)).toEqual([`peak-braze.yaml: ${message}`]);
  });

  test('missing, or a folder', () => {
    const folder = dirname(writeConfig(''));
    mkdirSync(join(folder, 'conf'));
    const messageOf = (name: string) =>
      errorOf(() => loadConfig(join(folder, name), { env: {} })).message.replace(`${folder}/`, '');
    expect(messageOf('other.yaml')).toBe(
      'other.yaml: the config file does not exist. Create one with `npx peak-braze init`, or name it: --config FILE.',
    );
    expect(messageOf('conf')).toBe(
      'conf: the config file is a folder. Create one with `npx peak-braze init`, or name it: --config FILE.',
    );
    expect(messageOf('peak-braze.yaml/x')).toContain('the config file does not exist');
  });
});

import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadConfig } from '../../src/config/load';
import { fileFailure } from '../../src/config/variables';
import { ENV, errorOf, linesOf, load, removeConfigs, withAttribute, withSetting, writeConfig } from './tempConfig';

afterEach(removeConfigs);

const KEY = 'workspaces.shop-eu.apiKey (peak-braze.yaml:2)';

test('the environment comes before .env, and .env never enters the environment', () => {
  const env = { TENANT_URL: ENV.TENANT_URL };
  const config = load(
    withSetting('overlap: 1h'),
    { env },
    { '.env': 'BRAZE_API_KEY="from dotenv"\nTENANT_URL=postgres://dotenv/db\n'.replace('from dotenv', 'from-dotenv') },
  );
  expect(config.apiKey('shop-eu')).toMatchObject({ value: 'from-dotenv', from: 'dotenv' });
  expect(config.sourceUrl('tenant')).toMatchObject({ value: ENV.TENANT_URL, from: 'environment' });
  expect(env).toEqual({ TENANT_URL: ENV.TENANT_URL });
  expect(process.env.BRAZE_API_KEY).not.toBe('from-dotenv');
});

test.each<[string, string, object]>([
  ['a file, without its line end', '"${file:secrets/key}"', { value: 'key-in-file', from: 'file' }],
  ['the config itself', 'plain-key', { value: 'plain-key', from: 'config' }],
  ['a default', '"${NO_SUCH:-fallback}"', { value: 'fallback', from: 'config' }],
  ['a default for an empty variable', '"${EMPTY:-fallback}"', { value: 'fallback', from: 'config' }],
  [
    'several parts: the one that is hardest to change',
    '"a-${DOTENV}-${BRAZE_API_KEY}-b"',
    { value: 'a-d-key-0123-b', from: 'environment' },
  ],
  [
    'several parts, none of the environment',
    '"${file:secrets/key}${DOTENV}"',
    { value: 'key-in-filed', from: 'dotenv' },
  ],
])('a key from %s', (_from, written, expected) => {
  const yaml = withSetting('overlap: 1h').replace('"${BRAZE_API_KEY}"', written);
  const config = load(yaml, { env: { ...ENV, EMPTY: '' } }, { 'secrets/key': 'key-in-file\r\n', '.env': 'DOTENV=d\n' });
  expect(config.apiKey('shop-eu')).toMatchObject(expected);
});

test('what a variable holds is not read for variables again', () => {
  const config = load(withSetting('overlap: 1h'), { env: { ...ENV, BRAZE_API_KEY: 'a${TENANT_URL}b' } });
  expect(config.apiKey('shop-eu').value).toBe('a${TENANT_URL}b');
});

test('a variable becomes the number, boolean, word or time the setting wants', () => {
  const yaml = withSetting(
    'updateExistingOnly: ${UPDATE}\ndelivery: { lanes: "${LANES}" }\nidentifier: ${ID}\noverlap: ${N}m',
  );
  const { churn } = load(yaml, { env: { ...ENV, UPDATE: 'false', LANES: '4', ID: 'email', N: '5' } }).syncs;
  expect(churn).toMatchObject({
    updateExistingOnly: false,
    delivery: { lanes: 4 },
    identifier: { kind: 'email' },
    overlapMs: 300_000,
  });
});

test('an empty default is as if its line were not there', () => {
  const { churn } = load(withSetting('overlap: ${UNSET:-}')).syncs;
  expect(churn!.overlapMs).toBe(3_600_000);
  expect(linesOf(withSetting('overlap: 1h').replace('table: scores', 'table: ${TABLE:-}'))).toEqual([
    'syncs.churn.table (peak-braze.yaml:7): found the default of ${TABLE}, which is empty, expected the name of a table.',
  ]);
});

test('an empty variable is missing, even where a default would do: it may be a lost LEDGER_URL', () => {
  const yaml = `ledger: { url: "\${LEDGER_URL}" }\n${withSetting('overlap: 1h')}`;
  expect(linesOf(yaml, { env: { ...ENV, LEDGER_URL: '' } })).toEqual([
    'ledger.url (peak-braze.yaml:1): the value of ${LEDGER_URL} is empty. Set it, or remove this line.',
  ]);
});

test('an empty variable beside other text is just that', () => {
  const yaml = `temporal: { taskQueue: "peak\${SUFFIX}" }\n${withSetting('overlap: 1h')}`;
  expect(load(yaml, { env: { ...ENV, SUFFIX: '' } }).temporal.taskQueue).toBe('peak');
});

test.each([
  [
    '"${BRAZE_API_KEY}"',
    { TENANT_URL: 'postgres://h/d' },
    'the variable BRAZE_API_KEY is not set. Set it in the environment or in .env beside this file.',
  ],
  [
    '"${BRAZE_API_KEY}"',
    { TENANT_URL: 'postgres://h/d', BRAZE_API_KEY: '' },
    'the value of ${BRAZE_API_KEY} is empty. Set it, or remove this line.',
  ],
  [
    '"${BRAZE_API_KEY}"',
    { TENANT_URL: 'postgres://h/d', BRAZE_API_KEY: 'hunter 2' },
    'found the value of ${BRAZE_API_KEY}, expected a Braze API key. It contains a space or a line break.',
  ],
  [
    '"${constructor}"',
    ENV,
    'the variable constructor is not set. Set it in the environment or in .env beside this file.',
  ],
  [
    '"${file:secrets/none}"',
    ENV,
    'the file secrets/none does not exist. Its path is relative to the folder of the config.',
  ],
  ['"${file:.}"', ENV, 'the file . is a folder. Its path is relative to the folder of the config.'],
  ['"${BRAZE-KEY}"', ENV, 'found a ${…} that is not a variable, expected ${NAME}, ${NAME:-default} or ${file:PATH}.'],
  ['"${KEY-hunter2}"', ENV, 'found a ${…} that is not a variable, expected ${NAME}, ${NAME:-default} or ${file:PATH}.'],
  ['"${}"', ENV, 'found a ${…} that is not a variable, expected ${NAME}, ${NAME:-default} or ${file:PATH}.'],
  ['"${BRAZE_API_KEY"', ENV, 'found a ${ without its }, expected ${NAME}, ${NAME:-default} or ${file:PATH}.'],
  [
    '"${A:-${BRAZE_API_KEY}}"',
    ENV,
    'found a variable inside another, expected ${NAME}, ${NAME:-default} or ${file:PATH}.',
  ],
])('a key written %s', (written, env, message) => {
  expect(linesOf(withSetting('overlap: 1h').replace('"${BRAZE_API_KEY}"', written), { env })).toEqual([
    `${KEY}: ${message}`,
  ]);
});

test('every missing variable is reported once, with the place that needs it', () => {
  expect(linesOf(withAttribute('score: { decimals: "${DIGITS}" }'), { env: {} })).toEqual([
    `${KEY}: the variable BRAZE_API_KEY is not set. Set it in the environment or in .env beside this file.`,
    'sources.tenant.url (peak-braze.yaml:4): the variable TENANT_URL is not set. Set it in the environment or in .env beside this file.',
    'syncs.churn.attributes.score.decimals (peak-braze.yaml:9): the variable DIGITS is not set. Set it in the environment or in .env beside this file.',
  ]);
});

test('a .env that is a folder counts as none', () => {
  const path = writeConfig(withSetting('overlap: 1h'));
  mkdirSync(join(dirname(path), '.env'));
  expect(() => loadConfig(path, { env: ENV })).not.toThrow();
});

test.each([
  ['ENOENT', 'does not exist'],
  ['EACCES', 'cannot be read by this user'],
  ['EISDIR', 'is a folder'],
  ['EIO', 'cannot be read (EIO)'],
])('a file that fails with %s %s', (code, words) => {
  expect(fileFailure(Object.assign(new Error('open /run/secrets/key'), { code }))).toBe(words);
});

describe('need: when-used', () => {
  const options = { env: {}, need: 'when-used' } as const;
  const yaml = withSetting('overlap: 1h').replace('https://rest.fra-01.braze.eu', '"${BRAZE_REST_ENDPOINT}"');

  test('a command without secrets works, and what lacks one says so when it is asked for', () => {
    const config = load(yaml, options);
    const { workspace } = config.syncs.churn!;
    expect(() => JSON.stringify(config.syncs)).not.toThrow();
    expect({ ...workspace }).toMatchObject({ name: 'shop-eu', billing: 'mau' });
    expect(errorOf(() => config.apiKey('shop-eu')).message).toContain('the variable BRAZE_API_KEY is not set.');
    expect(errorOf(() => config.sourceUrl('tenant')).message).toContain('the variable TENANT_URL is not set.');
    expect(errorOf(() => workspace.endpoint).message).toContain('the variable BRAZE_REST_ENDPOINT is not set.');
  });

  test('an empty variable counts as missing', () => {
    const config = load(yaml, { ...options, env: { BRAZE_API_KEY: '' } });
    expect(errorOf(() => config.apiKey('shop-eu')).message).toContain('the value of ${BRAZE_API_KEY} is empty');
  });

  test('what is set is there', () => {
    const config = load(yaml, { ...options, env: ENV });
    expect(config.apiKey('shop-eu').value).toBe(ENV.BRAZE_API_KEY);
    expect(config.syncs.churn!.workspace.endpoint).toBe(ENV.BRAZE_REST_ENDPOINT);
  });

  test('everything else is as strict as ever', () => {
    expect(
      linesOf(`ledger: { url: "\${LEDGER_URL}" }\n${yaml.replace('"${BRAZE_API_KEY}"', '"${BRAZE-KEY}"')}`, options),
    ).toEqual([
      'ledger.url (peak-braze.yaml:1): the variable LEDGER_URL is not set. Set it in the environment or in .env beside this file.',
      'workspaces.shop-eu.apiKey (peak-braze.yaml:3): found a ${…} that is not a variable, expected ${NAME}, ${NAME:-default} or ${file:PATH}.',
    ]);
  });
});

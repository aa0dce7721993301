import { programName, rememberConfigFile, shellWord, typed, DEFAULT_CONFIG_FILE } from '../../src/invocation';

test.each([
  ['00042', '00042'],
  ['ann@example.com', 'ann@example.com'],
  ['2026-11-01T06:00:00Z', '2026-11-01T06:00:00Z'],
  ['churn_risk,next_best_product', 'churn_risk,next_best_product'],
  ['--since', '--since'],
  ['-', '-'],
  ['lists/eu.txt', 'lists/eu.txt'],
  ['two words', "'two words'"],
  ["o'brien", "'o'\\''brien'"],
  ['$HOME', "'$HOME'"],
  ['', "''"],
])('%j is typed as %s', (word, quoted) => {
  expect(shellWord(word)).toBe(quoted);
});

test.each([
  ['npx in the checkout', '/srv/node_modules/.bin/peak-braze', 'exec', '/srv', 'npx peak-braze'],
  ['the script in the checkout', '/srv/bin/peak-braze.js', undefined, '/srv', 'npx peak-braze'],
  ['the script, in a folder of the checkout', '/srv/bin/peak-braze.js', undefined, '/srv/demo', 'npx peak-braze'],
  ['a script of package.json', '/srv/bin/peak-braze.js', 'run-script', '/srv', 'npx peak-braze'],
  ['the name on the PATH', '/usr/local/bin/peak-braze', undefined, '/home/ann', 'peak-braze'],
  ['npx in a project that depends on it', '/app/node_modules/.bin/peak-braze', 'exec', '/app', 'npx peak-braze'],
  ['the script of another folder', '/srv/bin/peak-braze.js', undefined, '/home/ann', 'node /srv/bin/peak-braze.js'],
  [
    'the script of a folder nearby',
    '/srv/app/bin/peak-braze.js',
    undefined,
    '/srv/eu',
    'node ../app/bin/peak-braze.js',
  ],
  ['a folder whose name begins alike', '/srv/bin/peak-braze.js', undefined, '/srv2', 'node /srv/bin/peak-braze.js'],
  ['a path with a blank', '/my files/bin/peak-braze.js', undefined, '/', "node 'my files/bin/peak-braze.js'"],
])('%s', (_, script, npmCommand, folder, name) => {
  expect(programName({ script, npmCommand, folder })).toBe(name);
});

test.each([
  [DEFAULT_CONFIG_FILE, 'check'],
  ['eu/shop.yaml', 'check --config eu/shop.yaml'],
  ['my shop.yaml', "check --config 'my shop.yaml'"],
])('with --config %s the commands name it too', (file, command) => {
  rememberConfigFile(file);
  try {
    expect(typed('check')).toBe(`${programName()} ${command}`);
  } finally {
    rememberConfigFile(DEFAULT_CONFIG_FILE);
  }
});

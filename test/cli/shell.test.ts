import { shellWord, withConfigFlag } from '../../src/cli/shared/shell';

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
])('%j is typed as %s', (word, typed) => {
  expect(shellWord(word)).toBe(typed);
});

test('a command names the config file unless it is the usual one', () => {
  expect(withConfigFlag('peak-braze check', 'peak-braze.yaml')).toBe('peak-braze check');
  expect(withConfigFlag('peak-braze check', 'eu/shop.yaml')).toBe('peak-braze check --config eu/shop.yaml');
  expect(withConfigFlag('peak-braze check', 'my shop.yaml')).toBe("peak-braze check --config 'my shop.yaml'");
});

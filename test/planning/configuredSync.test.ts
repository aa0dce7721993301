import type { Configuration } from '../../src/planning/configuration';
import { requireConfiguredSync } from '../../src/planning/configuredSync';
import { rule } from '../attributes/rules';
import { syncSettings } from './settings';

const churn = syncSettings({ attributes: [rule()] });
const configuration: Configuration = {
  syncs: { churn, value: { ...churn, sync: 'value' } },
  ledger: { retentionMs: 1 },
  apiKey: () => ({ value: 'key', from: 'config' }),
  sourceUrl: () => ({ value: 'url', from: 'config' }),
};

test('a sync is given with the configuration that it was found in', () => {
  const found = requireConfiguredSync({ readConfiguration: () => configuration }, 'churn');
  expect(found).toEqual({ settings: churn, configuration });
});

test.each(['left', 'constructor', '__proto__'])('a sync that the config does not have holds the run (%s)', (sync) => {
  const because = `The config has no sync ${sync}; it has churn, value. Add it and retry, or discard this run.`;
  expect(() => requireConfiguredSync({ readConfiguration: () => configuration }, sync)).toThrow(
    expect.objectContaining({ name: 'HoldError', reason: { cause: 'invalid-config', because } }),
  );
});

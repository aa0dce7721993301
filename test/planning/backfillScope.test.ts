import { isPartial, requireSettingsInScope, unknownAttributes } from '../../src/planning/backfillScope';
import { rule } from '../attributes/rules';
import { syncSettings } from './settings';

const settings = syncSettings({
  attributes: ['churn_risk', 'predicted_value', 'product'].map((name) => rule({ name })),
});

test.each([
  ['nothing named', {}, false],
  ['nothing named, as the ledger has it', { attributes: null, clear: null }, false],
  ['some attributes', { attributes: ['product'] }, true],
  ['an attribute to clear', { clear: 'product' }, true],
])('%s: partial is %s', (_, request, partial) => {
  expect(isPartial(request)).toBe(partial);
});

test.each([
  ['all, where none are named', {}, ['churn_risk', 'predicted_value', 'product']],
  ['those named, in the order of the mapping', { attributes: ['product', 'churn_risk'] }, ['churn_risk', 'product']],
  ['none, where one is cleared', { clear: 'product' }, []],
  ['none, where one is cleared that has left the config', { clear: 'left' }, []],
])('a run has %s', (_, request, names) => {
  const scoped = requireSettingsInScope(settings, request);
  expect(scoped.attributes.map(({ name }) => name)).toEqual(names);
  expect(scoped).toEqual({ ...settings, attributes: scoped.attributes });
});

test('an attribute that the config does not have holds the run', () => {
  const request = { attributes: ['product', 'left', 'gone'] };
  expect(unknownAttributes(settings, request.attributes)).toEqual(['left', 'gone']);
  const because = 'Sync churn has no attribute left, gone in the config. Add it and retry, or discard this run.';
  expect(() => requireSettingsInScope(settings, request)).toThrow(
    expect.objectContaining({ name: 'HoldError', reason: { cause: 'invalid-config', because } }),
  );
});

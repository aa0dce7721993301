import { changedTypes, outgoingTypes } from '../../src/planning/columnTypes';
import { RISK_BANDS, rule } from '../attributes/rules';
import { syncSettings } from './settings';

test('an attribute that was sent as another type is reported with both types', () => {
  const sent = new Map([
    ['score', { type: 'string', run: 3 } as const],
    ['product', { type: 'string', run: 3 } as const],
  ]);
  expect(changedTypes(sent, { score: 'number', product: 'string', fresh: 'date' })).toEqual([
    'score has been sent as string since run 3 and would now be sent as number; Braze keeps the first type and silently drops other values. Send it as string, or under a new name',
  ]);
});

test('the outgoing type is the declared one, else that of the column; bands are strings', () => {
  const attributes = [
    rule({ name: 'score' }),
    rule({ name: 'text', type: 'string' }),
    rule({ name: 'risk', bands: RISK_BANDS }),
  ];
  expect(outgoingTypes(syncSettings({ attributes }), { score: 'numeric' })).toEqual({
    score: 'number',
    text: 'string',
    risk: 'string',
  });
});

import type { Comparison } from '../../src/extraction/comparison';
import { isResolved, type CustomerOutcome } from '../../src/extraction/isResolved';
import type { OpenRejection } from '../../src/ledger/rejections';

const rejectionOf = (attribute: string) => ({ attribute, valueHash: 'h' }) as OpenRejection;
const outcome = (changes: Record<string, string>) =>
  ({ diff: { changes, refused: [] }, differs: false, duplicated: false }) as unknown as CustomerOutcome;
const mapping = (name: string) => ({ attributes: [{ name }] as unknown as Comparison['attributes'], partial: false });

// Object.prototype has these names, and an attribute may have them too.
test.each(['churn_risk', 'constructor', 'toString', '__proto__'])(
  'a rejection of %s is resolved when it no longer differs',
  (name) => {
    expect(isResolved(rejectionOf(name), outcome({}), mapping(name))).toBe(true);
  },
);

test('a rejection of an attribute that is sent, or has left the mapping, is not resolved', () => {
  expect(isResolved(rejectionOf('churn_risk'), outcome({ churn_risk: 'low' }), mapping('churn_risk'))).toBe(false);
  expect(isResolved(rejectionOf('old'), outcome({}), mapping('churn_risk'))).toBe(false);
});

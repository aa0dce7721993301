import { toTenantProblem } from '../../src/tenant/problem';

test.each([
  ['select "n" from "t" - Query read timeout', 'TIMEOUT'],
  ['timeout exceeded when trying to connect', 'TIMEOUT'],
  ['select "session_timeout" from "t" - Connection terminated unexpectedly', 'UNKNOWN'],
])('%j is %s: what the driver says counts, not what was asked', (message, code) => {
  expect(toTenantProblem(new Error(message), 'a table')).toMatchObject({ kind: 'unavailable', code });
});

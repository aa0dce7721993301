import { InvalidConfiguration } from '../../src/planning/configuration';
import { HoldError, holdReasonOf } from '../../src/planning/holdError';
import { TenantProblem } from '../../src/tenant/problem';

test.each<[string, unknown, ReturnType<typeof holdReasonOf>]>([
  ['what holds', new HoldError({ cause: 'guard', because: 'Too many.' }), { cause: 'guard', because: 'Too many.' }],
  ['a wrong config', new InvalidConfiguration('Line 3.'), { cause: 'invalid-config', because: 'Line 3.' }],
  [
    'a missing table',
    new TenantProblem('missing-table', '42P01', 'No table.'),
    { cause: 'tenant', because: 'No table.' },
  ],
  ['a tenant that does not answer', new TenantProblem('unavailable', 'ECONNRESET', 'Away.'), null],
  ['any other failure', new Error('A bug.'), null],
])('the hold reason of %s', (_, error, reason) => {
  expect(holdReasonOf(error)).toEqual(reason);
});

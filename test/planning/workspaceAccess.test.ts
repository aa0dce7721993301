import { sameHost } from '../../src/planning/workspaceAccess';

test.each([
  ['https://rest.example', 'https://rest.example', true],
  ['https://rest.example', 'https://rest.example/', true],
  ['https://rest.example', 'https://REST.example:443/path', true],
  ['https://rest.example', 'https://other.example', false],
  ['https://rest.example', 'http://rest.example', false],
  ['https://rest.example', 'https://rest.example:8443', false],
  // An emulator takes a free port of this machine each time.
  ['http://127.0.0.1:4000', 'http://127.0.0.1:5000', true],
  ['http://127.0.0.1:4000', 'http://localhost:5000', true],
  ['http://[::1]:4000', 'http://127.8.0.1:5000', true],
  ['http://127.0.0.1:4000', 'https://rest.example', false],
  ['http://localhost:4000', 'http://localhost.example:4000', false],
])('%s and %s: the same server is %s', (one, other, same) => {
  expect(sameHost(one, other)).toBe(same);
  expect(sameHost(other, one)).toBe(same);
});

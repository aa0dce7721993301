import { readRestEndpoint } from '../../src/config/restEndpoint';

test.each([
  ['https://rest.fra-01.braze.eu', 'https://rest.fra-01.braze.eu'],
  ['https://rest.fra-01.braze.eu/', 'https://rest.fra-01.braze.eu'],
  ['https://REST.iad-08.braze.com', 'https://rest.iad-08.braze.com'],
  ['https://rest.us-10.braze.com', 'https://rest.us-10.braze.com'],
  ['https://rest.new-99.braze.example', 'https://rest.new-99.braze.example'],
  ['http://127.0.0.1:7501', 'http://127.0.0.1:7501'],
  ['http://localhost:7501/', 'http://localhost:7501'],
  ['http://[::1]:7501', 'http://[::1]:7501'],
])('%s is taken', (text, origin) => {
  expect(readRestEndpoint(text)).toEqual({ origin });
});

test.each([
  ['https://dashboard-01.braze.eu', 'This is the dashboard. Write https://rest.fra-01.braze.eu.'],
  ['https://dashboard-02.braze.eu/users?locale=en', 'This is the dashboard. Write https://rest.fra-02.braze.eu.'],
  ['dashboard-08.braze.com', 'This is the dashboard. Write https://rest.iad-08.braze.com.'],
  ['https://dashboard.us-10.braze.com', 'This is the dashboard. Write https://rest.us-10.braze.com.'],
  ['https://dashboard.au-01.braze.com', 'This is the dashboard. Write https://rest.au-01.braze.com.'],
  ['https://sdk.fra-01.braze.eu', 'This is the SDK endpoint. Write https://rest.fra-01.braze.eu.'],
  ['https://rest.fra-01.braze.com', 'EU hosts end in .eu. Write https://rest.fra-01.braze.eu.'],
  ['rest.fra-01.braze.eu', 'Write https://rest.fra-01.braze.eu.'],
  ['http://rest.fra-01.braze.eu', 'Write https://rest.fra-01.braze.eu.'],
  ['https://rest.fra-01.braze.eu/users/track', 'Write https://rest.fra-01.braze.eu.'],
  ['https://rest.fra-01.braze.eu:8443', 'Write https://rest.fra-01.braze.eu.'],
  ['https://user:secret@rest.fra-01.braze.eu', 'Write https://rest.fra-01.braze.eu.'],
  ['https://user:secret@example.com', 'Remove user and password.'],
  ['https://example.com/braze', 'Remove everything after the host.'],
  ['https://example.com?x', 'Remove everything after the host.'],
  ['http://example.com', 'http:// is only for a server on this machine; use https://.'],
  ['http://127.0.0.1.example.com', 'http:// is only for a server on this machine; use https://.'],
  ['example.com', 'Start it with https://.'],
  ['ftp://example.com', 'Start it with https://.'],
  ['', 'Copy it from the Braze dashboard, Settings > APIs and Identifiers.'],
])('%s is refused', (text, hint) => {
  expect(readRestEndpoint(text)).toEqual({ hint });
});

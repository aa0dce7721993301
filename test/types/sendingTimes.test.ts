import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createBrazeClient } from '../../src/braze/client';
import { REQUEST_LIMITS } from '../../src/braze/limits';
import { LONGEST_BACKOFF_MS } from '../../src/delivery/sendRequest';
import { SENDING } from '../../src/types/sendingTimes';

afterEach(() => jest.restoreAllMocks());

test('whatever a lost sender began has ended when its claim may be taken over', () => {
  const { renewalGoodForMs, requestTimeoutMs, takeOverAfterMs } = SENDING;
  expect(takeOverAfterMs).toBeGreaterThanOrEqual(renewalGoodForMs + requestTimeoutMs);
});

test('a task that is given to another worker hardly waits for the claim of the lost one', () => {
  expect(SENDING.heartbeatTimeoutMs).toBeGreaterThan(SENDING.takeOverAfterMs);
});

test('a step that hangs is distinguished from a slow one: no statement of the tenant takes as long as the limit', () => {
  const { progressLimitMs, tenantStatementTimeoutMs, heartbeatTimeoutMs, requestTimeoutMs } = SENDING;
  expect(progressLimitMs).toBeGreaterThan(tenantStatementTimeoutMs);
  // In delivery the longest steps are a request and the wait before it is tried again, and the wait for a lost sender's claim.
  expect(tenantStatementTimeoutMs).toBeGreaterThan(requestTimeoutMs + LONGEST_BACKOFF_MS);
  expect(tenantStatementTimeoutMs).toBeGreaterThan(heartbeatTimeoutMs);
});

test('uncertain values are reckoned with the size of the requests that are sent', () => {
  expect(REQUEST_LIMITS.objects).toBe(SENDING.objectsPerRequest);
});

test("the client's requests time out after that constant, not after another number", async () => {
  jest.replaceProperty(SENDING as { requestTimeoutMs: number }, 'requestTimeoutMs', 100);
  const server = createServer(() => {});
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const client = createBrazeClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    apiKey: 'key',
  });
  try {
    expect(await client.track(['{}'])).toMatchObject({ kind: 'transient', code: 'timeout' });
  } finally {
    server.closeAllConnections();
    await client.close();
    await new Promise((resolve) => server.close(resolve));
  }
}, 5_000);

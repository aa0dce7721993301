import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { type BrazeClient, type BrazeClientOptions, createBrazeClient } from '../../src/braze/client';
import { probeKey } from '../../src/braze/probe';

const KEY = 's3cr3t-key-of-braze';
const OBJECT = '{"external_id":"c1","_update_existing_only":true,"a":1}';

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

let server: Server;
let endpoint: string;
let handler: Handler;
let sockets: Set<unknown>;
const clients: BrazeClient[] = [];

beforeEach(async () => {
  sockets = new Set();
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => handler(request, response, body));
  });
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await new Promise((resolve) => server.close(resolve));
});

function client(options: Partial<BrazeClientOptions> = {}): BrazeClient {
  const made = createBrazeClient({ endpoint, apiKey: KEY, giveUpAfterMs: 2000, ...options });
  clients.push(made);
  return made;
}

const answering =
  (status: number, body: string, headers: Record<string, string> = {}): Handler =>
  (_, response) =>
    void response.writeHead(status, headers).end(body);

const TAKEN = '{"attributes_processed":1,"message":"success"}';

test('sends what Braze asks for', async () => {
  let seen: unknown;
  handler = (request, response, body) => {
    const { authorization, 'content-type': type, 'x-braze-bulk': bulk, 'user-agent': agent } = request.headers;
    seen = { method: request.method, url: request.url, authorization, type, bulk, agent, body };
    response.writeHead(201, { 'x-request-id': 'abc-1' }).end(TAKEN);
  };
  await expect(client().track([OBJECT])).resolves.toEqual({
    kind: 'answered',
    rejected: [],
    unknown: [],
    requestId: 'abc-1',
    budget: null,
  });
  expect(seen).toEqual({
    method: 'POST',
    url: '/users/track',
    authorization: `Bearer ${KEY}`,
    type: 'application/json',
    bulk: 'true',
    agent: 'partner-Peak',
    body: `{"attributes":[${OBJECT}]}`,
  });
});

test('keeps its connections', async () => {
  handler = answering(201, TAKEN);
  const braze = client();
  for (let i = 0; i < 20; i += 1) await braze.track([OBJECT]);
  // undici opens a second one when the first has not quite finished.
  expect(sockets.size).toBeLessThanOrEqual(2);
});

test.each<[string, Handler, object]>([
  ['HTML under 502', answering(502, '<html>Bad Gateway</html>'), { kind: 'transient', code: '502' }],
  ['HTML under 200', answering(200, '<html>Hello</html>'), { kind: 'transient', code: 'not JSON' }],
  ['an empty 503', answering(503, ''), { kind: 'transient', code: '503' }],
  ['an empty 201', answering(201, ''), { kind: 'transient', code: 'empty answer' }],
  [
    'errors: null',
    answering(201, '{"attributes_processed":1,"errors":null,"message":"success"}'),
    { kind: 'answered', rejected: [] },
  ],
  [
    'errors as strings',
    answering(201, '{"errors":["minor"],"message":"success"}'),
    { rejected: [{ index: 0, message: 'minor' }] },
  ],
  ['queued', answering(202, '{"message":"queued"}'), { kind: 'answered', rejected: [], unknown: [] }],
  ['429', answering(429, '', { 'x-ratelimit-retry-after': '3' }), { kind: 'rate-limited', afterMs: 3000 }],
  [
    'a redirect, not followed',
    answering(301, '', { location: '/elsewhere' }),
    { kind: 'configuration', problem: 'wrong-url' },
  ],
  [
    'half a body',
    (_, response) =>
      response.writeHead(201, { 'content-length': '46' }).write(TAKEN.slice(0, 20), () => response.destroy()),
    { kind: 'transient', code: 'closed' },
  ],
  [
    'half a chunked body',
    (_, response) => response.writeHead(201).write(TAKEN.slice(0, 20), () => response.destroy()),
    { kind: 'transient', code: 'closed' },
  ],
  ['a closed connection', (request) => request.socket.end(), { kind: 'transient', code: 'closed' }],
  ['a reset connection', (request) => request.socket.resetAndDestroy(), { kind: 'transient', code: 'ECONNRESET' }],
  [
    'something that is not HTTP',
    (request) => request.socket.end('SSH-2.0-OpenSSH_9.6\r\n'),
    { kind: 'transient', code: 'not HTTP' },
  ],
  [
    'an endless answer',
    (_, response) => void response.writeHead(201).end('x'.repeat(1_100_000)),
    { kind: 'transient', code: 'answer too long' },
  ],
])('%s is an answer', async (_, answer, expected) => {
  handler = answer;
  await expect(client().track([OBJECT])).resolves.toMatchObject(expected);
});

test.each<[string, Handler]>([
  ['nothing', () => undefined],
  ['a status and no body', (_, response) => response.writeHead(201).flushHeaders()],
  ['a body that drips', (_, response) => dripOn(response)],
])('gives up on %s', async (_, hanging) => {
  handler = hanging;
  const started = performance.now();
  await expect(client({ giveUpAfterMs: 150 }).track([OBJECT])).resolves.toEqual({
    kind: 'transient',
    code: 'timeout',
    requestId: null,
    budget: null,
  });
  expect(performance.now() - started).toBeLessThan(1000);
});

function dripOn(response: ServerResponse): void {
  response.writeHead(201);
  const timer = setInterval(() => response.write(' '), 20);
  response.on('close', () => clearInterval(timer));
}

test('an address that nobody listens at, and one that does not exist', async () => {
  await expect(client({ endpoint: 'http://127.0.0.1:1' }).track([OBJECT])).resolves.toMatchObject({
    code: 'ECONNREFUSED',
  });
  const nowhere = await client({ endpoint: 'https://nowhere.invalid' }).track([OBJECT]);
  expect(nowhere).toMatchObject({ kind: 'transient', code: expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN|timeout)$/) });
});

test('goes on after a broken connection', async () => {
  const braze = client();
  handler = (request) => request.socket.resetAndDestroy();
  await braze.track([OBJECT]);
  handler = answering(201, TAKEN);
  await expect(braze.track([OBJECT])).resolves.toMatchObject({ kind: 'answered' });
});

describe('the key', () => {
  test('is in no answer that echoes it, and not in the client', async () => {
    const echo = `Invalid API key: ${KEY}`;
    const braze = client();
    for (const status of [400, 401, 403, 500, 201]) {
      handler = answering(status, JSON.stringify({ message: echo, errors: [{ type: echo, index: 0 }] }));
      expect(inspect(await braze.track([OBJECT]), { depth: null })).not.toContain(KEY);
    }
    expect(inspect(braze, { depth: null, showHidden: true, getters: true })).not.toContain(KEY);
  });

  test.each(['', 'key\n', 'key with space', 'schlüssel'])(
    '%p cannot travel: a configuration problem, no error',
    async (apiKey) => {
      await expect(client({ apiKey }).track([OBJECT])).resolves.toMatchObject({
        kind: 'configuration',
        problem: 'unknown-key',
      });
    },
  );
});

test('closing waits for what is under way, twice does no harm, and then nothing is sent', async () => {
  handler = (_, response) => void setTimeout(() => response.writeHead(201).end(TAKEN), 100);
  const braze = client();
  const answer = braze.track([OBJECT]);
  await Promise.all([braze.close(), braze.close()]);
  await expect(answer).resolves.toMatchObject({ kind: 'answered' });
  await expect(braze.track([OBJECT])).rejects.toThrow('closed');
});

describe('probeKey', () => {
  test('removes one attribute from a customer who cannot exist', async () => {
    const objects: Record<string, unknown>[] = [];
    handler = (_, response, body) => {
      objects.push(...(JSON.parse(body) as { attributes: Record<string, unknown>[] }).attributes);
      response.writeHead(201).end(TAKEN);
    };
    const braze = client();
    await expect(probeKey(braze, 'churn_risk')).resolves.toEqual({ kind: 'ok' });
    await probeKey(braze, 'churn_risk');
    expect(objects[0]).toEqual({
      external_id: expect.stringMatching(/^peak-braze-check-[\da-f-]{36}$/),
      _update_existing_only: true,
      churn_risk: null,
    });
    expect(objects[0]?.external_id).not.toBe(objects[1]?.external_id);
  });

  test.each<[number, string, object]>([
    [401, '', { kind: 'configuration', problem: 'unknown-key' }],
    [403, '', { kind: 'configuration', problem: 'no-permission' }],
    [404, '', { kind: 'configuration', problem: 'wrong-url' }],
    [400, '{"message":"?"}', { kind: 'configuration', problem: 'unexpected-answer' }],
    [503, '', { kind: 'transient', code: '503' }],
    [429, '', { kind: 'rate-limited' }],
  ])('says what %i means', async (status, body, expected) => {
    handler = answering(status, body);
    await expect(probeKey(client(), 'churn_risk')).resolves.toMatchObject(expected);
  });
});

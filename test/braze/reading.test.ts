import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { listCustomAttributes } from '../../src/braze/customAttributes';
import { exportUsers } from '../../src/braze/exportUsers';
import { openBrazeHttp, type BrazeHttp } from '../../src/braze/http';
import { sameValue } from '../../src/braze/sameValue';
import type { Identifier } from '../../src/types/settings';

const KEY = 's3cr3t-key-of-braze';

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

let server: Server;
let endpoint: string;
let http: BrazeHttp;
let handler: Handler;

beforeEach(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => handler(request, response, body));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  http = openBrazeHttp({ endpoint, apiKey: KEY, giveUpAfterMs: 1_000, maxAnswerBytes: 10_000 });
});

afterEach(async () => {
  server.closeAllConnections();
  await http.close();
  await new Promise((resolve) => server.close(resolve));
});

const answering =
  (status: number, body: string, headers: Record<string, string> = {}): Handler =>
  (_, response) =>
    void response.writeHead(status, headers).end(body);

const EXTERNAL: Identifier = { kind: 'external_id' };
const ask = (identifier: Identifier = EXTERNAL, customers = ['c1'], fields: string[] = []) =>
  exportUsers(http, identifier, customers, fields);

test.each<[Identifier, unknown]>([
  [EXTERNAL, { external_ids: ['a', 'b'], fields_to_export: ['external_id', 'custom_attributes', 'dob'] }],
  [
    { kind: 'alias', label: 'crm' },
    {
      user_aliases: [
        { alias_name: 'a', alias_label: 'crm' },
        { alias_name: 'b', alias_label: 'crm' },
      ],
      fields_to_export: ['external_id', 'custom_attributes', 'user_aliases', 'dob'],
    },
  ],
  [{ kind: 'braze_id' }, { braze_id: 'a', fields_to_export: ['external_id', 'custom_attributes', 'braze_id', 'dob'] }],
  [{ kind: 'email' }, { email_address: 'a', fields_to_export: ['external_id', 'custom_attributes', 'dob'] }],
  [{ kind: 'phone' }, { phone: 'a', fields_to_export: ['external_id', 'custom_attributes', 'dob'] }],
])('asks for profiles by %j, and for no more than it compares', async (identifier, expected) => {
  let seen: unknown;
  handler = ({ method, url, headers }, response, body) => {
    seen = {
      method,
      url,
      agent: headers['user-agent'],
      type: headers['content-type'],
      bulk: headers['x-braze-bulk'],
      body,
    };
    response.end('{"users":[],"message":"success"}');
  };
  expect(await ask(identifier, ['a', 'b'], ['dob'])).toMatchObject({ kind: 'answered' });
  expect(seen).toEqual({
    method: 'POST',
    url: '/users/export/ids',
    agent: 'partner-Peak',
    type: 'application/json',
    bulk: undefined,
    body: JSON.stringify(expected),
  });
});

test('tells profiles apart by their ids, in whatever order and type they come', async () => {
  const users = [
    { external_id: 2, custom_attributes: { a: 1 } },
    { external_id: '1', dob: '1980-01-01' },
    { braze_id: 'x' },
    null,
  ];
  handler = answering(201, JSON.stringify({ users, invalid_user_ids: ['3'], message: 'success' }));
  const answer = await ask(EXTERNAL, ['1', '2', '3']);
  expect(answer).toEqual({
    kind: 'answered',
    pauseMs: 0,
    users: new Map([
      ['2', [{ customAttributes: { a: 1 }, fields: { external_id: 2 } }]],
      ['1', [{ customAttributes: {}, fields: { external_id: '1', dob: '1980-01-01' } }]],
    ]),
  });
});

test('of aliases only those with the label count', async () => {
  const alias = (name: string, label: string) => ({ user_aliases: [{ alias_name: name, alias_label: label }] });
  handler = answering(201, JSON.stringify({ users: [alias('a', 'crm'), alias('b', 'shop'), {}] }));
  const answer = await ask({ kind: 'alias', label: 'crm' }, ['a', 'b']);
  expect(answer.kind === 'answered' && [...answer.users.keys()]).toEqual(['a']);
});

test('a limit that is used up is named before it comes to a 429, also where the headers are empty', async () => {
  const users = '{"users":[]}';
  const limit = { 'x-ratelimit-limit': '250' };
  handler = answering(201, users, { ...limit, 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '7' });
  expect(await ask()).toMatchObject({ pauseMs: 7_000 });
  handler = answering(201, users, { ...limit, 'x-ratelimit-remaining': '1', 'x-ratelimit-reset': '7' });
  expect(await ask()).toMatchObject({ pauseMs: 0 });
  handler = answering(201, users, { 'x-ratelimit-remaining': '', 'x-ratelimit-reset': '' });
  expect(await ask()).toMatchObject({ pauseMs: 0 });
});

test.each([
  [
    401,
    `{"message":"Invalid API key: ${KEY}"}`,
    { kind: 'not-permitted', permission: 'users.export.ids', status: 401 },
  ],
  [403, 'Access Denied', { kind: 'not-permitted', permission: 'users.export.ids', status: 403 }],
  [400, '{"message":"c1 is not valid"}', { kind: 'unreadable', status: 400 }],
  [404, '', expect.objectContaining({ kind: 'configuration', problem: 'wrong-url' })],
  [302, '', expect.objectContaining({ kind: 'configuration', problem: 'wrong-url' })],
  [502, '<html>bad gateway</html>', { kind: 'transient', code: '502' }],
  [200, '<html>welcome</html>', { kind: 'transient', code: 'not JSON' }],
  [201, '{"users":[{"external_id":"c1"', { kind: 'transient', code: 'not JSON' }],
  [201, '', { kind: 'transient', code: 'empty answer' }],
  [201, '{"message":"success"}', { kind: 'transient', code: 'no users in the answer' }],
  [201, `{"users":["${'x'.repeat(20_000)}"]}`, { kind: 'transient', code: 'answer too long' }],
])('%i %s is an answer without anything of the body in it', async (status, body, expected) => {
  handler = answering(status, body);
  const answer = await ask();
  expect(answer).toEqual(expected);
  expect(inspect(answer)).not.toMatch(/s3cr3t|c1/);
});

test('429 says for how long, a silent server times out', async () => {
  handler = answering(429, '', { 'x-ratelimit-retry-after': '12' });
  expect(await ask()).toEqual({ kind: 'rate-limited', afterMs: 12_000 });
  handler = () => {};
  expect(await ask()).toEqual({ kind: 'transient', code: 'timeout' });
});

test('a key that no header can carry goes nowhere, and no key shows', async () => {
  let asked = 0;
  handler = (_, response) => {
    asked += 1;
    response.end('{}');
  };
  const wrong = openBrazeHttp({ endpoint, apiKey: 'two words', maxAnswerBytes: 10_000 });
  expect(await exportUsers(wrong, EXTERNAL, ['c1'], [])).toMatchObject({
    kind: 'configuration',
    problem: 'unknown-key',
  });
  await wrong.close();
  expect(asked).toBe(0);
  expect(inspect(http, { depth: 9, showHidden: true })).not.toContain(KEY);
});

describe('custom attributes', () => {
  const item = (name: string, type: unknown, status = 'Active') => ({ name, data_type: type, status });
  const list = () => listCustomAttributes(http, endpoint);

  test('are read page by page; types are recognised by how they begin', async () => {
    const pages = [
      [item('a', 'String (Automatically Detected)'), item('b', 'Number'), item('c', 'Boolean', 'Blocklisted')],
      [item('d', 'Date (Automatically Detected)'), item('e', 'Object Array'), item('f', null), { tag_names: [] }, null],
    ];
    const paths: unknown[] = [];
    handler = ({ method, url }, response) => {
      paths.push([method, url]);
      const first = url === '/custom_attributes';
      const link = `<${endpoint}/custom_attributes>; rel="prev", <${endpoint}/custom_attributes?cursor=c2tpcDo1MA==>; rel="next"`;
      response.writeHead(200, first ? { link } : {}).end(JSON.stringify({ attributes: pages[first ? 0 : 1] }));
    };
    const answer = await list();
    expect(answer.kind === 'answered' && [...answer.attributes.values()]).toEqual([
      { name: 'a', type: 'string', typeName: 'String', blocklisted: false },
      { name: 'b', type: 'number', typeName: 'Number', blocklisted: false },
      { name: 'c', type: 'boolean', typeName: 'Boolean', blocklisted: true },
      { name: 'd', type: 'date', typeName: 'Date', blocklisted: false },
      { name: 'e', type: 'other', typeName: 'Object Array', blocklisted: false },
      { name: 'f', type: null, typeName: '', blocklisted: false },
    ]);
    expect(paths).toEqual([
      ['GET', '/custom_attributes'],
      ['GET', '/custom_attributes?cursor=c2tpcDo1MA=='],
    ]);
  });

  test.each(['https://elsewhere.example/custom_attributes?cursor=1', 'http://[', '//elsewhere.example/x'])(
    'a link to %s is not followed: the key goes nowhere else',
    async (address) => {
      let asked = 0;
      handler = (_, response) => {
        asked += 1;
        response.writeHead(200, { link: `<${address}>; rel="next"` }).end('{"attributes":[]}');
      };
      expect(await list()).toEqual({ kind: 'answered', attributes: new Map() });
      expect(asked).toBe(1);
    },
  );

  test('a relative link is followed, and one that turns in a circle ends', async () => {
    let asked = 0;
    handler = (_, response) => {
      asked += 1;
      response.writeHead(200, { link: '</custom_attributes?cursor=1>; rel=next' }).end('{"attributes":[]}');
    };
    expect(await list()).toMatchObject({ kind: 'answered' });
    expect(asked).toBe(200);
  });

  test('without the permission that is the answer', async () => {
    handler = answering(403, '');
    expect(await list()).toEqual({ kind: 'not-permitted', permission: 'custom_attributes.get', status: 403 });
  });
});

describe('sameValue', () => {
  const AT = '2026-11-23T05:48:00.000Z';
  test.each([
    [0.73, 0.73],
    [12, 12],
    ['low', 'low'],
    ['', ''],
    [true, true],
    [null, undefined],
    [null, null],
    [AT, AT],
    [AT, '2026-11-23T05:48:00Z'],
    [AT, '2026-11-23T06:48:00+01:00'],
    [AT, '2026-11-23 05:48:00'],
    [AT, '2026-11-23 05:48:00 UTC'],
    ['2026-11-23T00:00:00.000Z', '2026-11-23'],
  ])('%p is there as %p', (accepted, atBraze) => {
    expect(sameValue(accepted, atBraze)).toBe(true);
  });

  test.each([
    [0.73, '0.73'],
    [12, 12.5],
    ['low', 'Low'],
    ['', undefined],
    ['', null],
    [false, undefined],
    [0, undefined],
    [null, ''],
    [null, 0],
    [AT, '2026-11-23T05:48:01.000Z'],
    [AT, 'soon'],
    [AT, 1_795_000_000],
    ['2026-11-23', '2026-11-23T00:00:00.000Z'],
  ])('%p is not there as %p', (accepted, atBraze) => {
    expect(sameValue(accepted, atBraze)).toBe(false);
  });
});

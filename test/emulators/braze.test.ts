import { DEFAULT_KEY, startBrazeEmulator } from '../../emulators/braze/emulator';
import { FAULT_KINDS } from '../../emulators/braze/faults';
import type { BrazeEmulator, BrazeEmulatorOptions } from '../../emulators/braze/options';
import { type BrazeClient, createBrazeClient } from '../../src/braze/client';
import { IDENTIFIER_MAX_BYTES, renderObject } from '../../src/braze/object';
import { sendObjects } from '../../src/braze/send';
import type { Identifier } from '../../src/types/settings';
import type { AttributeValue } from '../../src/types/values';
import { send } from './wire';

let emulator: BrazeEmulator;
const clients: BrazeClient[] = [];

async function start(options: BrazeEmulatorOptions = {}): Promise<void> {
  emulator = await startBrazeEmulator(options);
}

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await emulator.close();
});

function client(apiKey = DEFAULT_KEY, giveUpAfterMs = 1000): BrazeClient {
  const made = createBrazeClient({ endpoint: emulator.url, apiKey, giveUpAfterMs });
  clients.push(made);
  return made;
}

const object = (
  customerId: string,
  values: Record<string, AttributeValue> = { a: 1 },
  identifier: Identifier = { kind: 'external_id' },
) => renderObject({ identifier, customerId, updateExistingOnly: true, values });

const post = (body: unknown, way?: Parameters<typeof send>[2]) => send(emulator, body, way);

const admin = async (method: string, path: string, body?: unknown) => {
  const response = await fetch(`${emulator.url}/emulator/${path}`, {
    method,
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as unknown };
};

const objects = (count: number) => Array.from({ length: count }, (_, i) => ({ external_id: `u${i}`, x: 1 }));

describe('answers of Braze', () => {
  beforeEach(() => start());

  test('a success: compact, counter first, with a request id', async () => {
    const { status, body, headers } = await post({ attributes: objects(75) });
    expect([status, JSON.stringify(body)]).toEqual([201, '{"attributes_processed":75,"message":"success"}']);
    expect(headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
  });

  test('76 objects are too many', async () => {
    expect(await post({ attributes: objects(76) })).toMatchObject({
      status: 400,
      body: { message: 'Max Input Length Exceeded' },
    });
    expect(emulator.summary().objects).toBe(0);
  });

  test('an unknown key is echoed and has empty rate headers', async () => {
    const { status, body, headers } = await post({ attributes: objects(1) }, { key: 'nobody' });
    expect([status, body]).toEqual([401, { message: 'Invalid API key: nobody' }]);
    expect(headers.get('x-ratelimit-reset')).toBe('');
  });

  test.each<[string, unknown, Parameters<typeof post>[1], number]>([
    ['another path', {}, { path: '/users/track/' }, 404],
    ['another method', {}, { method: 'GET' }, 404],
    ['another content type', { attributes: objects(1) }, { type: 'text/plain' }, 415],
    ['a trailing comma', '{"attributes":[{"external_id":"u1"},]}', {}, 400],
    ['bytes that are not UTF-8', Buffer.from('{"attributes":[{"external_id":"\xff"}]}', 'latin1'), {}, 400],
    ['no object', 'null', {}, 400],
    ['nothing', {}, {}, 400],
    ['no attributes', { attributes: [] }, {}, 400],
    ['more than 4 MB', 'x'.repeat(4_000_001), {}, 413],
    ['events', { events: [{ external_id: 'u', name: 'e' }] }, {}, 501],
    ['purchases beside attributes', { attributes: objects(1), purchases: [{}] }, {}, 501],
  ])('%s', async (_, body, options, status) => {
    expect(await post(body, options)).toMatchObject({ status });
    expect(emulator.summary()).toMatchObject({ objects: 0, requests: 1, answers: { [status]: 1 } });
  });

  test.each<[string, unknown, string]>([
    ['no identifier', { x: 1 }, "'external_id', 'braze_id', 'user_alias', 'email' or 'phone' is required"],
    ['an empty id', { external_id: '' }, "'external_id', 'braze_id', 'user_alias', 'email' or 'phone' is required"],
    [
      'two identifiers',
      { external_id: 'u', braze_id: 'b' },
      "You must specify only one of 'external_id', 'user_alias' or 'braze_id'",
    ],
    [
      'an id and an alias',
      { external_id: 'u', user_alias: { alias_name: 'n', alias_label: 'l' } },
      "You must specify only one of 'external_id', 'user_alias' or 'braze_id'",
    ],
    ['half an alias', { user_alias: { alias_name: 'n' } }, "'user_alias' is not valid"],
    ['no object', 'u1', "'external_id', 'braze_id', 'user_alias', 'email' or 'phone' is required"],
    ['an id too long', { external_id: 'x'.repeat(988) }, 'external_id is too large'],
  ])('an object with %s is refused alone', async (_, bad, type) => {
    const { status, body } = await post({ attributes: [{ external_id: 'ok', x: 1 }, bad] });
    expect(status).toBe(201);
    expect(body).toEqual({
      attributes_processed: 1,
      errors: [{ type, input_array: 'attributes', index: 1 }],
      message: 'success',
    });
    expect([...emulator.profiles()]).toEqual([['ok', { x: 1 }]]);
  });

  test('all refused is a 400 (recorded body)', async () => {
    expect(await post({ attributes: [{ x: 1 }] })).toMatchObject({
      status: 400,
      body: {
        message: "Valid data must be provided in the 'attributes', 'events', or 'purchases' fields.",
        errors: [{ input_array: 'attributes', index: 0 }],
      },
    });
  });

  test('numbers are accepted as ids, an e-mail address beside an id is an attribute', async () => {
    await post({
      attributes: [
        { external_id: 1, email: 'ann@example.com' },
        { email: 'bob@example.com', x: 1 },
      ],
    });
    expect(emulator.profile('1')).toEqual({ email: 'ann@example.com' });
    expect(emulator.profile('email:bob@example.com')).toEqual({ x: 1 });
  });

  test.each(Object.keys(IDENTIFIER_MAX_BYTES))('accepts the longest %s we send', async (kind) => {
    const identifier = (kind === 'alias' ? { kind, label: 'crm' } : { kind }) as Identifier;
    const ending = kind === 'email' ? '@example.com' : '';
    const id = 'x'.repeat(IDENTIFIER_MAX_BYTES[identifier.kind] - ending.length) + ending;
    const longest = object(id, { a: 1 }, identifier);
    await expect(client().track([longest])).resolves.toMatchObject({ kind: 'answered', rejected: [], unknown: [] });
  });
});

describe('keys', () => {
  test('a key without the permission is forbidden', async () => {
    await start({ keys: { reader: ['users.export.ids'] } });
    expect(await post({ attributes: objects(1) }, { key: 'reader' })).toMatchObject({ status: 403 });
  });

  test('a revoked key is unknown until it is restored', async () => {
    await start();
    emulator.revokeKey(DEFAULT_KEY);
    await expect(client().track([object('u')])).resolves.toMatchObject({ problem: 'unknown-key' });
    emulator.restoreKey(DEFAULT_KEY);
    await expect(client().track([object('u')])).resolves.toMatchObject({ kind: 'answered' });
  });
});

describe('profiles', () => {
  test('have the last written value; null removes, "" stays', async () => {
    await start();
    const braze = client();
    await braze.track([object('u', { a: 1, b: 'x', c: true, e: null })]);
    await braze.track([object('u', { a: 2, b: null, d: '' })]);
    expect(emulator.profile('u')).toEqual({ a: 2, c: true, d: '' });
    expect(emulator.profile('nobody')).toBeNull();
  });

  test('update-only writes need a profile; other writes create one', async () => {
    await start({ knownProfiles: ['known'] });
    emulator.addProfiles(['added']);
    const braze = client();
    const created = renderObject({
      identifier: { kind: 'external_id' },
      customerId: 'created',
      updateExistingOnly: false,
      values: { a: 1 },
    });
    // A miss is counted as processed: Braze queues it and drops it later.
    const answer = await braze.track([object('known'), object('added'), object('stranger'), created]);
    expect(answer).toMatchObject({ kind: 'answered', unknown: [] });
    await braze.track([object('created', { a: 2 })]);
    expect([...emulator.profiles()]).toEqual([
      ['known', { a: 1 }],
      ['added', { a: 1 }],
      ['created', { a: 2 }],
    ]);
    expect(emulator.profile('stranger')).toBeNull();
    expect(emulator.summary()).toMatchObject({ profiles: 3, objects: 5, withoutProfile: 1, dataPoints: 4 });
  });

  test('an alias is update-only unless the request says otherwise', async () => {
    await start({ knownProfiles: [] });
    const alias = (name: string) => ({ user_alias: { alias_name: name, alias_label: 'l' }, ltv: 1 });
    await post({ attributes: [alias('a'), { ...alias('b'), _update_existing_only: false }] });
    expect([...emulator.profiles()]).toEqual([['alias:l:b', { ltv: 1 }]]);
  });

  test('data points, repeated objects and unchanged values are counted', async () => {
    await start();
    const braze = client();
    await braze.track([object('u', { a: 1, b: 'x' }), object('v', { a: 1 })]);
    await braze.track([object('u', { a: 1, b: 'y' })]);
    await braze.track([object('u', { a: null })]);
    await braze.track([object('u', { a: null })]);
    expect(emulator.summary()).toEqual({
      requests: 4,
      answers: { 201: 4 },
      profiles: 2,
      objects: 5,
      dataPoints: 7,
      repeatedObjects: 3,
      unchangedValues: 2,
      withoutProfile: 0,
      silentlyDropped: { type: 0, blocklisted: 0, name: 0, length: 0, size: 0 },
      notKept: 0,
    });
  });

  test('are bounded, and not kept at all in stats mode', async () => {
    await start({ maxProfiles: 2 });
    await client().track([object('u'), object('v'), object('w')]);
    expect(emulator.summary()).toMatchObject({ profiles: 2, notKept: 1, objects: 3, dataPoints: 3 });
    await emulator.close();
    await start({ keep: 'stats', knownProfiles: ['u'] });
    await client().track([object('u'), object('v')]);
    expect(emulator.summary()).toMatchObject({ profiles: null, objects: 2, dataPoints: 1, withoutProfile: 1 });
  });
});

describe('the request log', () => {
  test('has each request with its time and result', async () => {
    await start({ latencyMs: 20 });
    const before = Date.now();
    await client().track([object('u'), object('v')]);
    const [entry] = emulator.requests;
    expect(entry).toEqual({
      n: 1,
      receivedAtMs: expect.any(Number),
      latencyMs: expect.any(Number),
      status: 201,
      objects: 2,
      ids: ['u', 'v'],
      applied: true,
      fault: null,
      requestId: expect.any(String),
      bulk: 'true',
      userAgent: 'partner-Peak',
    });
    expect(entry?.receivedAtMs).toBeGreaterThanOrEqual(before);
    expect(entry?.latencyMs).toBeGreaterThanOrEqual(15);
  });

  test('names customers who were sent twice', async () => {
    await start();
    const braze = client();
    await braze.track([object('u'), object('v')]);
    await braze.track([object('v'), object('w')]);
    await braze.track([object('w')]);
    expect(emulator.sentTwice()).toEqual(['v', 'w']);
    expect(emulator.sentTwice(1)).toEqual(['w']);
    expect(emulator.requestsSince(1, 1).map(({ n }) => n)).toEqual([2]);
  });

  test('is bounded, keeps its numbering, and can leave the customers out', async () => {
    await start({ requestLog: 'counts', maxRequests: 4 });
    const braze = client();
    for (let i = 0; i < 10; i += 1) await braze.track([object('u')]);
    expect(emulator.requests.length).toBeLessThanOrEqual(5);
    expect(emulator.requests.at(-1)).toMatchObject({ n: 10, objects: 1 });
    expect(emulator.requests[0]).not.toHaveProperty('ids');
    expect(emulator.requestsSince(8).map(({ n }) => n)).toEqual([9, 10]);
    expect(emulator.summary().requests).toBe(10);
  });
});

describe('the rate limit', () => {
  test('refuses requests above it, with a reset in epoch seconds', async () => {
    await start({ rateLimit: { requests: 2, perSeconds: 60 } });
    const answers = [];
    for (let i = 0; i < 3; i += 1) answers.push(await post({ attributes: objects(1) }));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 429]);
    expect(answers.map(({ headers }) => headers.get('x-ratelimit-remaining'))).toEqual(['1', '0', '0']);
    const resetAt = Number(answers[2]?.headers.get('x-ratelimit-reset'));
    expect(resetAt % 60).toBe(0);
    expect(resetAt * 1000 - Date.now()).toBeLessThanOrEqual(60_000);
    await expect(client().track([object('u')])).resolves.toMatchObject({
      kind: 'rate-limited',
      afterMs: expect.any(Number),
    });
    expect(emulator.requests.at(-1)).toMatchObject({ status: 429, ids: ['u'], applied: false });
  });

  test('has one header on a refusal in the other dialect', async () => {
    await start({ rateLimit: { requests: 1, perSeconds: 3600, dialect: 'seconds' } });
    const [taken, refused] = [await post({ attributes: objects(1) }), await post({ attributes: objects(1) })];
    expect(Number(taken.headers.get('x-ratelimit-reset'))).toBeLessThanOrEqual(3600);
    expect([refused.status, refused.headers.get('x-ratelimit-reset')]).toEqual([429, null]);
    expect(Number(refused.headers.get('x-ratelimit-retry-after'))).toBeGreaterThan(0);
  });

  test('ends with its window', async () => {
    await start({ rateLimit: { requests: 1, perSeconds: 1, dialect: 'seconds' } });
    const braze = client();
    let answer = await braze.track([object('u')]);
    // Windows follow the clock: a new one may have begun between two requests.
    while (answer.kind !== 'rate-limited') answer = await braze.track([object('u')]);
    expect(answer.afterMs).toBe(1000);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await expect(braze.track([object('u')])).resolves.toMatchObject({ kind: 'answered' });
    expect(emulator.requests.map(({ status }) => status)).toContain(429);
  });
});

describe('faults', () => {
  beforeEach(() => start());

  test.each<[(typeof FAULT_KINDS)[number], object, boolean]>([
    ['429', { kind: 'rate-limited', afterMs: expect.any(Number) }, false],
    ['500', { kind: 'transient', code: '500' }, false],
    ['503', { kind: 'transient', code: '503' }, false],
    ['html-502', { kind: 'transient', code: '502' }, false],
    ['504', { kind: 'transient', code: '504' }, false],
    ['empty-503', { kind: 'transient', code: '503' }, false],
    ['reset', { kind: 'transient', code: 'ECONNRESET' }, false],
    ['reset-before', { kind: 'transient', code: 'ECONNRESET' }, false],
    ['reset-after-apply', { kind: 'transient', code: 'ECONNRESET' }, true],
    ['hang', { kind: 'transient', code: 'timeout' }, false],
    ['truncated', { kind: 'transient', code: 'closed' }, true],
    ['queued-202', { kind: 'answered', rejected: [], unknown: [] }, true],
    ['empty-201', { kind: 'transient', code: 'no message' }, true],
    ['errors-null', { kind: 'answered', rejected: [], unknown: [] }, true],
    ['errors-strings', { kind: 'answered', rejected: [{ index: 0, message: 'minor error message' }] }, false],
  ])('%s, once', async (kind, expected, applied) => {
    emulator.failNext(1, kind, { retryAfterSeconds: 7 });
    const braze = client(DEFAULT_KEY, 200);
    const answer = await braze.track([object('u')]);
    expect(answer).toMatchObject(expected);
    if (answer.kind === 'rate-limited') expect(Math.round((answer.afterMs ?? 0) / 1000)).toBeGreaterThanOrEqual(7);
    expect(emulator.profile('u') !== null).toBe(applied);
    expect(emulator.requests[0]).toMatchObject({ fault: kind, applied, ids: ['u'] });
    await expect(braze.track([object('u')])).resolves.toMatchObject({ kind: 'answered' });
  });

  test('are queued', async () => {
    emulator.failNext(2, '500');
    emulator.failNext(1, '503');
    const braze = client();
    for (let i = 0; i < 4; i += 1) await braze.track([object('u')]);
    expect(emulator.requests.map(({ status }) => status)).toEqual([500, 500, 503, 201]);
  });

  test('a poisoned customer is refused with an error; refuseWhole refuses the whole request', async () => {
    emulator.poison(['u3']);
    emulator.refuseWhole(['u5']);
    const rows = Array.from({ length: 10 }, (_, i) => ({ seq: i, body: object(`u${i}`) }));
    const delivery = await sendObjects(client(), rows, new AbortController().signal);
    expect(delivery.rejected.toSorted((a, b) => a.seq - b.seq)).toEqual([
      { seq: 3, message: 'provided external_id is blacklisted and disallowed' },
      { seq: 5, message: 'Bad Request' },
    ]);
    expect([...emulator.profiles()].map(([id]) => id).toSorted()).toEqual([
      'u0',
      'u1',
      'u2',
      'u4',
      'u6',
      'u7',
      'u8',
      'u9',
    ]);
    expect(emulator.summary().repeatedObjects).toBe(0);
  });

  test('an outage lasts until it is ended and uses no queued fault', async () => {
    emulator.outage(true);
    emulator.failNext(1, '500');
    const braze = client();
    await expect(braze.track([object('u')])).resolves.toMatchObject({ code: '503' });
    emulator.outage(false);
    await expect(braze.track([object('u')])).resolves.toMatchObject({ code: '500' });
    await expect(braze.track([object('u')])).resolves.toMatchObject({ kind: 'answered' });
  });

  test('answers can be scripted', async () => {
    emulator.respond(({ ids }) => (ids.includes('u') ? { status: 201, body: '{"message":"odd"}' } : null));
    await expect(client().track([object('u')])).resolves.toMatchObject({ code: 'unexpected message' });
    await expect(client().track([object('v')])).resolves.toMatchObject({ kind: 'answered' });
    expect(emulator.profile('u')).toBeNull();
  });
});

describe('from another process', () => {
  beforeEach(() => start());

  test('profiles, requests and summary can be read, and the state can be cleared', async () => {
    await client().track([object('u/1 ü', { a: 1 })]);
    expect(await admin('GET', `profiles/${encodeURIComponent('u/1 ü')}`)).toEqual({ status: 200, body: { a: 1 } });
    expect(await admin('GET', 'profiles/nobody')).toMatchObject({ status: 404 });
    expect(await admin('GET', 'requests?since=0')).toMatchObject({ body: [{ n: 1, status: 201 }] });
    expect(await admin('GET', 'requests?since=1')).toMatchObject({ body: [] });
    expect(await admin('GET', 'summary')).toMatchObject({ body: { requests: 1, profiles: 1 } });
    expect(await admin('DELETE', 'state')).toMatchObject({ body: { requests: 0, profiles: 0, objects: 0 } });
    expect(emulator.requests).toHaveLength(0);
  });

  test('faults can be requested; an invalid request changes nothing', async () => {
    await admin('POST', 'faults', { failNext: { count: 1, kind: '500' }, poison: ['p'], latencyMs: 1 });
    await expect(client().track([object('u')])).resolves.toMatchObject({ code: '500' });
    await expect(client().track([object('p')])).resolves.toMatchObject({ kind: 'refused', rejected: [{ index: 0 }] });

    expect(await admin('POST', 'faults', { outage: true, revokedKey: 'x' })).toMatchObject({ status: 400 });
    expect(await admin('POST', 'faults', { outage: true, failNext: { count: 1, kind: '418' } })).toMatchObject({
      status: 400,
    });
    await expect(client().track([object('u')])).resolves.toMatchObject({ kind: 'answered' });

    await admin('POST', 'faults', { revokeKey: DEFAULT_KEY });
    await expect(client().track([object('u')])).resolves.toMatchObject({ problem: 'unknown-key' });
    await admin('POST', 'faults', { restoreKey: DEFAULT_KEY, outage: true });
    await expect(client().track([object('u')])).resolves.toMatchObject({ code: '503' });
  });

  test.each([
    ['GET', 'profiles/%E0%A4%A'],
    ['POST', 'faults'],
    ['GET', 'nothing'],
  ])('%s %s is answered with an error, without a crash', async (method, path) => {
    expect((await admin(method, path)).status).toBeGreaterThanOrEqual(400);
  });
});

test('closing does not wait for kept-alive or hanging connections', async () => {
  await start();
  emulator.failNext(1, 'hang');
  const hanging = client(DEFAULT_KEY, 10_000).track([object('u')]);
  await client().track([object('v')]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  const started = performance.now();
  await emulator.close();
  expect(performance.now() - started).toBeLessThan(500);
  await expect(hanging).resolves.toMatchObject({ kind: 'transient' });
});

test('a port in use is an error, not a hang', async () => {
  await start();
  await expect(startBrazeEmulator({ port: emulator.port })).rejects.toThrow('EADDRINUSE');
});

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DEFAULT_KEY, startBrazeEmulator } from '../../emulators/braze/emulator';
import type { BrazeEmulator, BrazeEmulatorOptions } from '../../emulators/braze/options';
import { type BrazeClient, createBrazeClient } from '../../src/braze/client';
import { renderObject, type ObjectParts } from '../../src/braze/object';
import { sendObjects } from '../../src/braze/send';
import type { Identifier } from '../../src/types/settings';
import type { ValueSet } from '../../src/types/values';

/** The cases of Braze that concern our client, by their id: what we send, and what we make of the answer. */

const ALIAS: Identifier = { kind: 'alias', label: 'l' };
const EXTERNAL: Identifier = { kind: 'external_id' };
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

function clientOf(endpoint: string, apiKey = DEFAULT_KEY): BrazeClient {
  const client = createBrazeClient({ endpoint, apiKey, giveUpAfterMs: 2_000 });
  closing.push(() => client.close());
  return client;
}

async function braze(options: BrazeEmulatorOptions = {}): Promise<BrazeEmulator> {
  const emulator = await startBrazeEmulator({ knownProfiles: [], ...options });
  closing.push(() => emulator.close());
  return emulator;
}

function object(values: ValueSet, parts: Partial<ObjectParts> = {}): string {
  return renderObject({ identifier: EXTERNAL, customerId: 'u1', updateExistingOnly: false, values, ...parts });
}

const rowsOf = (objects: readonly string[]) => objects.map((body, index) => ({ seq: index + 1, body }));
const customers = (n: number) => Array.from({ length: n }, (_, i) => object({ x: 1 }, { customerId: `u${i}` }));

/** Sends as a run does and returns what happened to each object. */
async function deliver(emulator: BrazeEmulator, objects: readonly string[]) {
  return sendObjects(clientOf(emulator.url), rowsOf(objects), new AbortController().signal);
}

/** A Braze that gives one answer to everything. */
async function answering(status: number, body: string, headers: Record<string, string> = {}): Promise<string> {
  const server: Server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(status, headers).end(body));
  });
  await new Promise<void>((ready) => void server.listen(0, '127.0.0.1', ready));
  closing.push(async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function answerTo(sent: number, status: number, body: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return clientOf(await answering(status, text, headers)).track(customers(sent));
}

describe('who and what', () => {
  test('A05 an alias under update-only makes no profile; the flag is always written', async () => {
    const emulator = await braze();
    const body = object({ ltv: 1 }, { identifier: ALIAS, customerId: 'n', updateExistingOnly: true });
    expect(JSON.parse(body)).toEqual({
      user_alias: { alias_name: 'n', alias_label: 'l' },
      _update_existing_only: true,
      ltv: 1,
    });
    expect((await deliver(emulator, [body])).accepted).toEqual([1]);
    expect([...emulator.profiles()]).toEqual([]);
  });

  test('A06 an alias that may create says so explicitly', async () => {
    const emulator = await braze();
    await deliver(emulator, [object({ ltv: 1 }, { identifier: ALIAS, customerId: 'n' })]);
    expect(emulator.profile('alias:l:n')).toEqual({ ltv: 1 });
  });

  test('A07 an e-mail address that nobody has makes a profile of its own', async () => {
    const emulator = await braze();
    await deliver(emulator, [
      object({ fruit: 'apple' }, { identifier: { kind: 'email' }, customerId: 'a@example.com' }),
    ]);
    expect(emulator.profile('email:a@example.com')).toEqual({ fruit: 'apple' });
  });

  test('A08 an address that several have reaches the one updated last that has an external_id', async () => {
    const emulator = await braze();
    for (const customerId of ['first', 'second', 'first']) {
      await deliver(emulator, [object({ email: 'dup@example.com' }, { customerId })]);
    }
    const byEmail = { identifier: { kind: 'email' }, customerId: 'dup@example.com' } as const;
    await deliver(emulator, [object({ tier: 'gold' }, byEmail)]);
    expect(emulator.profile('first')).toMatchObject({ tier: 'gold' });
    expect(emulator.profile('second')).not.toHaveProperty('tier');
  });

  test('A12 75 customers are one request, C04 the 76th is another; sent as one, halves go through', async () => {
    const emulator = await braze();
    expect(await deliver(emulator, customers(75))).toMatchObject({ requests: 1, rejected: [], stop: null });
    const tooMany = await deliver(emulator, customers(76));
    expect(tooMany).toMatchObject({ requests: 3, rejected: [], undecided: [] });
    expect(tooMany.accepted).toHaveLength(76);
  });

  test('A18 null removes an attribute, A19 an empty text stays one', async () => {
    const emulator = await braze();
    await deliver(emulator, [object({ churn_risk: 'low', segment: 'a' })]);
    await deliver(emulator, [object({ churn_risk: null, segment: '' })]);
    expect(emulator.profile('u1')).toEqual({ segment: '' });
  });

  test('A27 a date goes out with its zone, and is a date at Braze', async () => {
    const emulator = await braze();
    await deliver(emulator, [object({ next_purchase_on: '2026-03-01T00:00:00.000Z' })]);
    await deliver(emulator, [object({ next_purchase_on: 'soon' })]);
    expect(emulator.profile('u1')).toEqual({ next_purchase_on: '2026-03-01T00:00:00.000Z' });
  });

  test.each(['A35', 'A36', 'A37'])(
    '%s what Braze drops silently is no error; only reading it back shows it',
    async () => {
      const emulator = await braze();
      emulator.forceType('score', 'number');
      emulator.blocklist(['old_attr']);
      expect(await deliver(emulator, [object({ score: 'high', old_attr: 1, x: 1 })])).toMatchObject({
        accepted: [1],
        rejected: [],
      });
      expect(emulator.profile('u1')).toEqual({ x: 1 });
    },
  );
});

describe('partly refused', () => {
  const good = object({ x: 1 }, { customerId: 'ok' });

  test('B02 an object without an identifier costs itself and nobody else', async () => {
    const emulator = await braze();
    expect(await deliver(emulator, [good, '{"x":1}'])).toMatchObject({
      accepted: [1],
      rejected: [{ seq: 2, message: "'external_id', 'braze_id', 'user_alias', 'email' or 'phone' is required" }],
    });
  });

  test('B03 an address that is none', async () => {
    const emulator = await braze();
    const bad = object({ x: 1 }, { identifier: { kind: 'email' }, customerId: 'nope' });
    expect(await deliver(emulator, [good, bad])).toMatchObject({
      accepted: [1],
      rejected: [{ seq: 2, message: "The value provided for the 'email' field is not a valid email." }],
    });
  });

  test('B05 a customer whom Braze blocks', async () => {
    const emulator = await braze();
    emulator.poison(['dummy']);
    expect(await deliver(emulator, [good, object({ x: 1 }, { customerId: 'dummy' })])).toMatchObject({
      accepted: [1],
      rejected: [{ seq: 2, message: 'provided external_id is blacklisted and disallowed' }],
    });
  });

  test.each<[string, object]>([
    ['B07', { current_location: 'NYC' }],
    ['B08', { subscription_groups: {} }],
    ['B11', { email_subscription_info: {} }],
  ])('%s a standard field in the wrong shape', async (_, field) => {
    const emulator = await braze();
    const bad = JSON.stringify({ external_id: 'u', ...field });
    const { accepted, rejected } = await deliver(emulator, [good, bad]);
    expect(accepted).toEqual([1]);
    expect(rejected).toMatchObject([{ seq: 2, message: expect.stringMatching(/./) }]);
  });

  test('B10 two identifiers in one object', async () => {
    const emulator = await braze();
    const bad = JSON.stringify({ external_id: 'u', user_alias: { alias_name: 'n', alias_label: 'l' } });
    expect(await deliver(emulator, [good, bad])).toMatchObject({
      accepted: [1],
      rejected: [{ seq: 2, message: "You must specify only one of 'external_id', 'user_alias' or 'braze_id'" }],
    });
  });

  test('B14 an error that names no object leaves all of them unknown: each is sent again alone', async () => {
    const answer = await answerTo(3, 201, { message: 'success', errors: ['minor error message'] });
    expect(answer).toMatchObject({ kind: 'answered', rejected: [], unknown: [0, 1, 2] });

    const emulator = await braze();
    emulator.failNext(1, 'errors-strings');
    const delivery = await deliver(emulator, customers(3));
    expect(delivery).toMatchObject({ rejected: [], undecided: [], requests: 4 });
    expect(delivery.accepted).toEqual([1, 2, 3]);
  });
});

describe('refused as a whole', () => {
  test('C03 nothing in it: no request is made at all', async () => {
    const emulator = await braze();
    expect(await deliver(emulator, [])).toMatchObject({ requests: 0, stop: null });
    expect(emulator.requests).toEqual([]);
  });

  test('C06 a 400 about the whole body is split until the offender is alone', async () => {
    expect(await answerTo(2, 400, { message: 'Bad syntax' })).toMatchObject({ kind: 'refused', rejected: [] });
    const emulator = await braze();
    emulator.refuseWhole(['u2']);
    const delivery = await deliver(emulator, customers(5));
    expect(delivery.accepted).toEqual([1, 2, 4, 5]);
    expect(delivery.rejected.map(({ seq }) => seq)).toEqual([3]);
  });

  test.each<[string, string | undefined]>([
    ['C10', 'nobody-knows-it'],
    ['C11', 'key-of-another-cluster'],
  ])('%s a key that this cluster does not know is a matter of configuration, and stays unseen', async (_, key) => {
    const emulator = await braze();
    const answer = await clientOf(emulator.url, key).track(customers(1));
    expect(answer).toMatchObject({ kind: 'configuration', problem: 'unknown-key' });
    expect(JSON.stringify(answer)).not.toContain(key);
  });

  test('C12 a key without the permission, under 403 and under 401', async () => {
    const emulator = await braze({ keys: { [DEFAULT_KEY]: ['users.export.ids'] } });
    const client = clientOf(emulator.url);
    expect(await client.track(customers(1))).toMatchObject({ kind: 'configuration', problem: 'no-permission' });
    emulator.setSwitches({ permissionDenied: 401 });
    expect(await client.track(customers(1))).toMatchObject({ kind: 'configuration' });
  });

  test('C16 another address is a matter of configuration', async () => {
    expect(await answerTo(1, 404, { message: 'Invalid URL' })).toMatchObject({ problem: 'wrong-url' });
  });

  test('C17 a 429 that names seconds only is waited for that long', async () => {
    expect(await answerTo(1, 429, '', { 'x-ratelimit-retry-after': '17' })).toMatchObject({
      kind: 'rate-limited',
      afterMs: 17_000,
      budget: null,
    });
  });

  test.each([500, 502, 503, 504])('C19 %d is retried until it succeeds, whatever its body is', async (status) => {
    for (const body of ['', '<html>Bad Gateway</html>', '{"message":"Internal server error"}']) {
      expect(await answerTo(1, status, body)).toMatchObject({ kind: 'transient', code: String(status) });
    }
  });

  test('C20 queued under a 202 is taken', async () => {
    expect(await answerTo(2, 202, { message: 'queued' })).toMatchObject({
      kind: 'answered',
      rejected: [],
      unknown: [],
    });
  });

  test.each([
    ['{}', 'no message'],
    ['', 'empty answer'],
  ])('C21 a 201 with %j is no success: it is tried again, and not for ever', async (body, code) => {
    expect(await answerTo(2, 201, body)).toMatchObject({ kind: 'transient', code, unexpected: true });
  });

  test('C22 a 2xx with the message of a refusal is one', async () => {
    const message = "Valid data must be provided in the 'attributes', 'events', or 'purchases' fields.";
    const errors = [{ type: "'external_id' is required", input_array: 'attributes', index: 1 }];
    expect(await answerTo(2, 201, { message, errors })).toMatchObject({
      kind: 'refused',
      message: message,
      rejected: [{ index: 1, message: "'external_id' is required" }],
    });
    expect(await answerTo(2, 201, { message })).toMatchObject({ kind: 'transient', code: 'unexpected message' });
  });
});

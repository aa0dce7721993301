import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_KEY, startBrazeEmulator } from '../../emulators/braze/emulator';
import { PERMISSIONS } from '../../emulators/braze/keys';
import type { BrazeEmulator, BrazeEmulatorOptions } from '../../emulators/braze/options';
import { NOT_SENT_BY_US } from '../braze/casesNotSent';
import { PROJECT } from '../environment';
import { exportUsers, send, write } from './wire';

/** Braze's cases for what we send, each by its id, over HTTP. The cases of the client are in `test/braze`. */

let emulator: BrazeEmulator;

const start = async (options: BrazeEmulatorOptions = {}) => {
  emulator = await startBrazeEmulator({ keys: { [DEFAULT_KEY]: PERMISSIONS }, ...options });
};
afterEach(() => emulator.close());

const track = (...attributes: unknown[]) => send(emulator, { attributes });
const many = (count: number) => Array.from({ length: count }, (_, i) => ({ external_id: `u${i}`, x: 1 }));
const ok = { external_id: 'ok', x: 1 };
const dropped = () => emulator.summary().silentlyDropped;

describe('the profile that is written', () => {
  beforeEach(() => start({ knownProfiles: [] }));
  const alias = { alias_name: 'n', alias_label: 'l' };

  test('A05 an unknown alias, without the flag, creates no profile', async () => {
    await write(emulator, { user_alias: alias, ltv: 1 });
    expect([...emulator.profiles()]).toEqual([]);
    expect(emulator.summary()).toMatchObject({ withoutProfile: 1, dataPoints: 0 });
  });

  test('A06 an unknown alias with the flag off creates a profile that has only the alias', async () => {
    await write(emulator, { _update_existing_only: false, user_alias: alias, email: 'ann@example.com' });
    expect(await exportUsers(emulator, { user_aliases: [alias] })).toEqual([
      { user_aliases: [alias], email: 'ann@example.com', custom_attributes: {} },
    ]);
  });

  test('A07 an unknown address creates a profile that has only the address', async () => {
    await write(emulator, { email: 'ann@example.com', fruit: 'apple' });
    expect(await exportUsers(emulator, { email_address: 'ann@example.com' })).toEqual([
      { email: 'ann@example.com', custom_attributes: { fruit: 'apple' } },
    ]);
  });

  test('A08 of several profiles with the address, the one with an external_id that was updated last is written', async () => {
    const email = 'dup@example.com';
    await write(emulator, { external_id: 'first', email }, { external_id: 'second', email });
    await write(emulator, { user_alias: alias, _update_existing_only: false, email });
    await write(emulator, { external_id: 'first', x: 1 });
    await write(emulator, { user_alias: alias, x: 1 });
    await write(emulator, { email, tier: 'gold' });
    expect(emulator.profile('first')).toEqual({ email, x: 1, tier: 'gold' });
    expect(emulator.profile('second')).toEqual({ email });
    expect(emulator.profile('alias:l:n')).toEqual({ email, x: 1 });
  });

  test('of several profiles without an external_id, the one that was updated last is written', async () => {
    const email = 'dup@example.com';
    await write(emulator, { email, x: 1 });
    await write(emulator, { user_alias: alias, _update_existing_only: false, email });
    await write(emulator, { email, x: 2 });
    expect(emulator.profile('alias:l:n')).toEqual({ email, x: 2 });
  });

  test('A10 a new external_id with the address of another profile creates a second profile', async () => {
    const email = 'known@example.com';
    await write(emulator, { email, x: 0 });
    await write(emulator, { external_id: 'new-id', email, x: 1 });
    expect(await exportUsers(emulator, { email_address: email })).toEqual([
      { email, custom_attributes: { x: 0 } },
      { external_id: 'new-id', email, custom_attributes: { x: 1 } },
    ]);
  });

  test('the old address of a profile no longer finds it', async () => {
    await write(emulator, { external_id: 'u', email: 'old@example.com' });
    await write(emulator, { external_id: 'u', email: 'new@example.com' });
    await write(emulator, { email: 'new@example.com', x: 1 }, { email: 'old@example.com', x: 2 });
    expect(emulator.profile('u')).toEqual({ email: 'new@example.com', x: 1 });
    expect(emulator.profile('email:old@example.com')).toEqual({ x: 2 });
  });

  test('with an address and a number, the address finds the profile and the number is written', async () => {
    await write(emulator, { external_id: 'a', email: 'a@example.com' }, { external_id: 'b', phone: '+4912' });
    await write(emulator, { email: 'a@example.com', phone: '+4912', x: 1 });
    expect(emulator.profile('a')).toEqual({ email: 'a@example.com', phone: '+4912', x: 1 });
    await write(emulator, { phone: '+4912', y: 1 });
    expect(emulator.profile('a')).toMatchObject({ y: 1 });
  });

  test('B10 an object with external_id and alias is refused, the others are accepted', async () => {
    const { status, body } = await track({ ...ok }, { external_id: 'u', user_alias: alias });
    expect([status, body]).toEqual([
      201,
      {
        attributes_processed: 1,
        errors: [
          {
            type: "You must specify only one of 'external_id', 'user_alias' or 'braze_id'",
            input_array: 'attributes',
            index: 1,
          },
        ],
        message: 'success',
      },
    ]);
    expect(emulator.profile('u')).toBeNull();
  });

  test('D02 an export accepts a number as an id and returns the requested fields', async () => {
    await write(emulator, { external_id: '12345', first_name: 'Ann', score: 1, old: null });
    expect(await exportUsers(emulator, { external_ids: [12345] }, ['external_id', 'custom_attributes'])).toEqual([
      { external_id: '12345', custom_attributes: { score: 1 } },
    ]);
  });
});

describe('values', () => {
  beforeEach(() => start());
  const value = (name: string) => emulator.profile('u1')?.[name];
  const set = (name: string, to: unknown) => write(emulator, { external_id: 'u1', [name]: to });

  test('A13 an array keeps the first of its equal elements', async () => {
    await set('foods', ['hotdog', 'hotdog', 'hotdog', 'pizza']);
    expect(value('foods')).toEqual(['hotdog', 'pizza']);
  });

  test('A14 an element added again moves to the end', async () => {
    await set('foods', ['hotdog', 'pizza']);
    await set('foods', { add: ['hotdog'] });
    expect(value('foods')).toEqual(['pizza', 'hotdog']);
  });

  test('A15 an element can be removed', async () => {
    await set('foods', ['hotdog', 'pizza']);
    await set('foods', { remove: ['pizza', 'soup'] });
    expect(value('foods')).toEqual(['hotdog']);
  });

  test('A38 of more than 500 elements the oldest are dropped', async () => {
    const elements = Array.from({ length: 501 }, (_, i) => `e${i}`);
    await set('arr', elements);
    expect(value('arr')).toEqual(elements.slice(1));
    await set('arr', { add: ['e501'] });
    expect(value('arr')).toEqual([...elements.slice(2), 'e501']);
  });

  test('an array above 100 KB is dropped', async () => {
    await set(
      'arr',
      Array.from({ length: 450 }, (_, i) => `${i}`.padEnd(250, 'x')),
    );
    expect(value('arr')).toBeUndefined();
    expect(dropped()).toMatchObject({ size: 1 });
  });

  test('A17 an increment of a value that is not a number changes nothing', async () => {
    await set('visits', 'many');
    await set('visits', { inc: 2 });
    expect(value('visits')).toBe('many');
    expect(dropped()).toMatchObject({ type: 1 });
  });

  test('an increment creates and adds', async () => {
    await set('visits', { inc: 2 });
    await set('visits', { inc: -3 });
    expect(value('visits')).toBe(-1);
  });

  test('A18 null removes the attribute, for one data point', async () => {
    await set('churn_risk', 'high');
    const before = emulator.summary().dataPoints;
    await set('churn_risk', null);
    expect(emulator.profile('u1')).toEqual({});
    expect(emulator.summary().dataPoints - before).toBe(1);
  });

  test('A19 an empty string is a value', async () => {
    await set('segment_name', '');
    expect(value('segment_name')).toBe('');
  });

  test('A27 a day without a zone is a date at midnight UTC', async () => {
    await set('next_purchase_on', '2026-03-01');
    expect(await exportUsers(emulator, { external_ids: ['u1'] }, ['custom_attributes'])).toEqual([
      { custom_attributes: { next_purchase_on: '2026-03-01T00:00:00.000Z' } },
    ]);
    const { body } = await send(emulator, null, { path: '/custom_attributes', method: 'GET' });
    expect(body).toMatchObject({ attributes: [{ data_type: 'Date (Automatically Detected)' }] });
  });

  test.each([
    ['2026-03-01T10:00:00+02:00', 'date'],
    ['2026-03-01T08:00:00.123456Z', 'date'],
    ['2026-03-01 08:00:00', 'date'],
    ['03/01/2026', 'date'],
    ['3001-01-01', 'string'],
    ['2026-13-01', 'string'],
    ['1 March', 'string'],
  ])('%s is detected as a %s', async (text, type) => {
    await set('x', text);
    await set('x', 'other words');
    expect(value('x')).toBe(type === 'date' ? text : 'other words');
  });

  test('A29 a standard field in the wrong case is a custom attribute', async () => {
    await write(emulator, { external_id: 'u1', first_name: 'Bea' }, { external_id: 'u1', First_Name: 'Ann' });
    expect(await exportUsers(emulator, { external_ids: ['u1'] }, ['first_name', 'custom_attributes'])).toEqual([
      { first_name: 'Bea', custom_attributes: { First_Name: 'Ann' } },
    ]);
  });

  test.each([
    ['boolean', 't', true],
    ['boolean', 0, false],
    ['number', '-1.5e2', -150],
    ['string', 7, '7'],
    ['date', '2026-03-01', '2026-03-01'],
  ] as const)('A35 what can be converted to a forced %s is converted: %p', async (type, sent, stored) => {
    emulator.forceType('x', type);
    await set('x', sent);
    expect(value('x')).toBe(stored);
  });

  test.each([
    ['number', 'high'],
    ['number', ''],
    ['boolean', 'yes'],
    ['string', true],
    ['date', 'soon'],
    ['array', 'a'],
    ['string', ['a']],
  ] as const)('A36 what cannot be converted to a forced %s is silently dropped: %p', async (type, sent) => {
    emulator.forceType('x', type);
    await set('x', sent);
    expect(emulator.profile('u1')).toEqual({});
    expect(emulator.summary()).toMatchObject({ silentlyDropped: { type: 1 }, dataPoints: 0 });
  });

  test('A37 a blocklisted attribute is silently dropped and not charged', async () => {
    emulator.blocklist(['old_attr']);
    await set('old_attr', 1);
    expect(emulator.profile('u1')).toEqual({});
    expect(emulator.summary()).toMatchObject({ silentlyDropped: { blocklisted: 1 }, dataPoints: 0 });
  });

  test.each([
    ['ignore', undefined, undefined],
    ['coerce', 5, undefined],
    ['store', '5', 'five'],
  ] as const)('the first value fixes a type; with typeMismatch %s', async (typeMismatch, five, word) => {
    emulator.setSwitches({ typeMismatch });
    await set('x', 1);
    await write(emulator, { external_id: 'v', x: '5' }, { external_id: 'w', x: 'five' });
    expect(emulator.profile('v')?.x).toBe(five);
    expect(emulator.profile('w')?.x).toBe(word);
  });

  test('a string or a name longer than 255 characters is silently dropped, the rest is stored', async () => {
    await write(emulator, {
      external_id: 'u1',
      long: 'x'.repeat(256),
      fits: 'ü'.repeat(255),
      ['n'.repeat(256)]: 1,
      ['m'.repeat(255)]: 1,
      $no: 1,
    });
    expect(emulator.profile('u1')).toEqual({ fits: 'ü'.repeat(255), ['m'.repeat(255)]: 1 });
    expect(dropped()).toMatchObject({ length: 1, name: 2 });
  });

  test('spaces at the ends of a name are not part of it', async () => {
    await write(emulator, { external_id: 'u1', ' ltv ': 1 });
    await write(emulator, { external_id: 'u1', 'ltv ': 2, email: 'u1@example.com' });
    expect(emulator.profile('u1')).toEqual({ ltv: 2, email: 'u1@example.com' });
    expect(emulator.summary().dataPoints).toBe(3);
  });

  test('E01 two requests at once for one customer are both accepted; either value stays', async () => {
    const answers = await Promise.all([track({ external_id: 'u1', k: 1 }), track({ external_id: 'u1', k: 2 })]);
    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    expect([1, 2]).toContain(value('k'));
  });

  test('E02 a value and its removal right after it are both accepted', async () => {
    await set('k', 5);
    await set('k', null);
    expect(value('k')).toBeUndefined();
  });

  test('a 201 says queued: with applyDelayMs the profile changes later', async () => {
    emulator.setSwitches({ applyDelayMs: 150 });
    await set('k', 5);
    expect(emulator.profile('u1')).toBeNull();
    while (emulator.profile('u1') === null) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(value('k')).toBe(5);
  });
});

describe('objects that are refused', () => {
  beforeEach(() => start());
  const group = { subscription_group_id: '4d3c6a4e-7e5b-4d7c-9b3a-0a1b2c3d4e5f', subscription_state: 'subscribed' };

  /** The message, or the code, for the second of two objects. */
  const refusal = async (bad: unknown): Promise<string> => {
    const { status, body } = await track({ ...ok }, bad);
    const { attributes_processed: processed, errors } = body as {
      attributes_processed: number;
      errors: { type: string; input_array: string; index: number }[];
    };
    expect([status, processed, errors.length]).toEqual([201, 1, 1]);
    expect(errors[0]).toMatchObject({ input_array: 'attributes', index: 1 });
    return errors[0]!.type;
  };

  test('B02 one without an identifier among good ones', async () => {
    expect(await refusal({ x: 1 })).toBe("'external_id', 'braze_id', 'user_alias', 'email' or 'phone' is required");
  });

  test.each(['nope', 'a@b', 'a b@example.com', '@example.com'])(
    'B03 a bad address among good ones: %s',
    async (email) => {
      expect(await refusal({ email })).toBe("The value provided for the 'email' field is not a valid email.");
      expect(await refusal({ external_id: 'u', email })).toContain('not a valid email');
    },
  );

  test('B05 a customer whom Braze blocks', async () => {
    emulator.poison(['dummy']);
    expect(await refusal({ external_id: 'dummy' })).toBe('provided external_id is blacklisted and disallowed');
  });

  test.each(['email_subscribe', 'push_subscribe'])('an unknown state of %s', async (field) => {
    expect(await refusal({ external_id: 'u', [field]: 'yes' })).toBe(
      `'${field}' must be 'subscribed', 'unsubscribed', or 'opted_in'`,
    );
    await write(emulator, { external_id: 'u', [field]: 'opted_in' });
  });

  test.each<[string, object, string]>([
    ['B07 a location that is text', { current_location: 'NYC' }, 'BAD_LOCATION_UPDATE'],
    ['B07 a location beyond the pole', { current_location: { longitude: 0, latitude: 91 } }, 'BAD_LOCATION_UPDATE'],
    ['B08 groups that are not an array', { subscription_groups: {} }, 'BAD_SUBSCRIPTION_GROUP_ARRAY'],
    ['B08 a group that is not an object', { subscription_groups: ['x'] }, 'BAD_SUBSCRIPTION_GROUP_HASH'],
    [
      'B08 a group whose id is not a UUID',
      { subscription_groups: [{ ...group, subscription_group_id: 'x' }] },
      'BAD_SUBSCRIPTION_GROUP_ID',
    ],
    [
      'B08 a group in an unknown state',
      { subscription_groups: [{ ...group, subscription_state: 'maybe' }] },
      'BAD_SUBSCRIPTION_GROUP_STATE',
    ],
    ['B11 email_subscription_info', { email_subscription_info: {} }, 'INVALID_ATTRIBUTE_EMAIL_SUBSCRIPTION_INFO'],
  ])('%s', async (_, fields, code) => {
    expect(await refusal({ external_id: 'u', ...fields })).not.toBe(code);
    emulator.setSwitches({ errorTypeStyle: 'code' });
    expect(await refusal({ external_id: 'u', ...fields })).toBe(code);
    expect(emulator.profile('u')).toBeNull();
  });

  test('valid standard fields are accepted', async () => {
    await write(emulator, {
      external_id: 'u',
      current_location: { longitude: 2.35, latitude: 48.86 },
      subscription_groups: [group],
      email: null,
    });
    expect(emulator.profile('u')).toMatchObject({ current_location: { longitude: 2.35, latitude: 48.86 } });
  });

  test('B14 an error that is a string names no object; the last object was not accepted', async () => {
    emulator.failNext(1, 'errors-strings');
    expect(await track({ external_id: 'a', x: 1 }, { external_id: 'b', x: 1 })).toMatchObject({
      status: 201,
      body: { attributes_processed: 1, message: 'success', errors: ['minor error message'] },
    });
    expect([...emulator.profiles()].map(([id]) => id)).toEqual(['a']);
  });
});

describe('requests', () => {
  beforeEach(() => start());
  const countOf = async (body: object) => (await send(emulator, body)).status;

  test('A12 75 objects are accepted', async () => {
    expect(await track(...many(75))).toMatchObject({ status: 201, body: { attributes_processed: 75 } });
  });

  test('A33 an unknown key beside attributes changes nothing', async () => {
    const { status, body } = await send(emulator, { partner: 'Peak', attributes: [{ external_id: 'u1', x: 1 }] });
    expect([status, body]).toEqual([201, { attributes_processed: 1, message: 'success' }]);
  });

  test.each([{ attributes: [] }, {}])('C03 an empty request: %j', async (body) => {
    expect(await send(emulator, body)).toMatchObject({
      status: 400,
      body: { message: "Valid data must be provided in the 'attributes', 'events', or 'purchases' fields." },
    });
  });

  test('C04 a request with 76 objects is refused', async () => {
    expect(await track(...many(76))).toMatchObject({ status: 400, body: { message: 'Max Input Length Exceeded' } });
    expect(emulator.summary().objects).toBe(0);
  });

  test('C05 76 objects over two arrays are refused today, not by older contracts; some allow 50', async () => {
    const both = { attributes: many(40), events: many(36) };
    expect(await countOf(both)).toBe(400);
    emulator.setSwitches({ objectLimit: '75-per-array' });
    // Not refused for the count: the emulator does not support events.
    expect(await countOf(both)).toBe(501);
    emulator.setSwitches({ objectLimit: '50-combined' });
    expect(await countOf({ attributes: many(51) })).toBe(400);
    expect(await countOf({ attributes: many(50) })).toBe(201);
  });

  test.each([
    '{"attributes":[{"external_id":"u1"},]}',
    '{"attributes":[/* c */{"external_id":"u1"}]}',
    "{'attributes':[]}",
    '',
  ])('C06 not JSON: %s', async (text) => {
    expect(await send(emulator, text)).toMatchObject({ status: 400, body: { message: 'Bad syntax' } });
  });

  test.each([
    ['no header', null],
    ['no Bearer', DEFAULT_KEY],
    ['a key in quotes', `Bearer "${DEFAULT_KEY}"`],
  ])('C10 %s is 401', async (_, authorization) => {
    expect(await send(emulator, { attributes: many(1) }, { authorization })).toMatchObject({ status: 401 });
  });

  test('C11 a key of another cluster is unknown', async () => {
    const elsewhere = await startBrazeEmulator({ keys: { 'key-of-iad': PERMISSIONS } });
    try {
      const ask = { attributes: many(1) };
      expect((await send(elsewhere, ask, { key: 'key-of-iad' })).status).toBe(201);
      expect(await send(emulator, ask, { key: 'key-of-iad' })).toMatchObject({
        status: 401,
        body: { message: 'Invalid API key: key-of-iad' },
      });
    } finally {
      await elsewhere.close();
    }
  });

  test('C12 a key without users.track is forbidden, or unknown where Braze says so', async () => {
    emulator.setPermissions('reader', ['users.export.ids']);
    const ask = () => send(emulator, { attributes: many(1) }, { key: 'reader' });
    expect(await ask()).toMatchObject({ status: 403, body: { message: 'Access Denied' } });
    emulator.setSwitches({ permissionDenied: 401 });
    expect(await ask()).toMatchObject({ status: 401 });
  });

  test('C16 a slash at the end makes another address', async () => {
    expect(await send(emulator, { attributes: many(1) }, { path: '/users/track/' })).toMatchObject({ status: 404 });
  });

  test('C17 over the limit of an MAU contract there is one header, with the seconds to wait', async () => {
    emulator.setRateLimit({ requests: 0, perSeconds: 3600, dialect: 'seconds' });
    const { status, headers } = await track(ok);
    expect(status).toBe(429);
    expect(headers.get('x-ratelimit-retry-after')).toMatch(/^\d+$/);
    for (const name of ['limit', 'remaining', 'reset']) expect(headers.get(`x-ratelimit-${name}`)).toBeNull();
  });

  test.each([
    ['500', 500, 'application/json'],
    ['html-502', 502, 'text/html'],
    ['503', 503, 'application/json'],
    ['empty-503', 503, null],
    ['504', 504, 'text/html'],
  ] as const)('C19 a server error, %s: nothing is applied', async (kind, status, type) => {
    emulator.failNext(1, kind);
    const answer = await track(ok);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, type]);
    expect(emulator.profile('ok')).toBeNull();
  });

  test('C20 a 202 says queued', async () => {
    emulator.failNext(1, 'queued-202');
    expect(await track(ok)).toMatchObject({ status: 202, body: { message: 'queued' } });
    expect(emulator.profile('ok')).toEqual({ x: 1 });
  });

  test('C21 a 201 without a message', async () => {
    emulator.failNext(1, 'empty-201');
    expect(await track(ok)).toMatchObject({ status: 201, body: {} });
    expect(emulator.profile('ok')).toEqual({ x: 1 });
  });

  test('C22 a 201 with another message can be scripted, and applies nothing', async () => {
    const message = "Valid data must be provided in the 'attributes' field.";
    emulator.respond(() => ({ status: 201, body: JSON.stringify({ message, errors: [] }) }));
    expect((await track(ok)).status).toBe(201);
    expect(emulator.profile('ok')).toBeNull();
  });
});

describe('what we never send is answered with a 501 that names it', () => {
  beforeEach(() => start());

  test.each<[string, object]>([
    ['sends events or purchases', { events: [{ external_id: 'u', name: 'e' }] }],
    ['sends events or purchases', { attributes: [ok], purchases: [{}] }],
    ['sends arrays of objects', { attributes: [ok, { external_id: 'u', pets: [{ id: 1 }] }] }],
    ['sends arrays of objects', { attributes: [{ external_id: 'u', pets: { $add: [{ id: 1 }] } }] }],
    ['sends arrays of objects', { attributes: [{ external_id: 'u', pets: { $update: [] } }] }],
    ['sends arrays of objects', { attributes: [{ external_id: 'u', pets: { add: [{ id: 1 }] } }] }],
    ['sends nested objects', { attributes: [{ external_id: 'u', song: { name: 'x' } }] }],
    ['sends nested objects', { attributes: [{ external_id: 'u', day: { $time: '1980-01-01' } }] }],
    ['sends nested objects', { attributes: [{ external_id: 'u', visits: { inc: 'x' } }] }],
    ['sends push tokens', { attributes: [{ push_token_import: true, email: 'x@example.com', push_tokens: [] }] }],
  ])('never %s: %j', async (what, body) => {
    expect(await send(emulator, body)).toMatchObject({
      status: 501,
      body: { message: `Not emulated: peak-braze-sync never ${what}` },
    });
    expect(emulator.summary()).toMatchObject({ objects: 0, profiles: 0 });
  });

  test.each(['/users/delete', '/users/track/bulk', '/users/track/sync', '/users/alias/new', '/users/export/segment'])(
    'never calls %s',
    async (path) => {
      expect(await send(emulator, {}, { path })).toMatchObject({
        status: 501,
        body: { message: `Not emulated: peak-braze-sync never calls ${path}` },
      });
    },
  );
});

describe('the list of cases', () => {
  beforeEach(() => start());

  test('has each of them as a test by its id or in the table of what we never send', () => {
    const tested = new Set(['test/emulators/cases.test.ts', 'test/braze/cases.test.ts'].flatMap(idsIn));
    const excused = Object.keys(NOT_SENT_BY_US);
    expect(tested.size).toBeGreaterThan(0);
    expect(excused.filter((id) => tested.has(id))).toEqual([]);

    const list = join(PROJECT, '../shared/facts/braze-cases.json');
    if (!existsSync(list)) {
      process.stderr.write(`skipped: the list of Braze's cases is not at ${list}\n`);
      return;
    }
    const known = (JSON.parse(readFileSync(list, 'utf8')) as { id: string }[]).map(({ id }) => id);
    expect(known.filter((id) => !tested.has(id) && !excused.includes(id))).toEqual([]);
  });
});

/** Ids that begin the name of a test, or of a row of a test. */
function idsIn(file: string): string[] {
  const path = join(PROJECT, file);
  if (!existsSync(path)) return [];
  return [...readFileSync(path, 'utf8').matchAll(/(?<=[(,[]\s*)['"`]([A-E]\d\d) /g)].map(([, id]) => id!);
}

import { DEFAULT_KEY, startBrazeEmulator } from '../../emulators/braze/emulator';
import { PERMISSIONS } from '../../emulators/braze/keys';
import type { BrazeEmulator, BrazeEmulatorOptions } from '../../emulators/braze/options';
import { exportUsers, send, write } from './wire';

let emulator: BrazeEmulator;

const start = async (options: BrazeEmulatorOptions = {}) => {
  emulator = await startBrazeEmulator({ keys: { [DEFAULT_KEY]: PERMISSIONS }, ...options });
};
afterEach(() => emulator.close());

const EXPORT = { path: '/users/export/ids' };
const LIST = { path: '/custom_attributes', method: 'GET' };
const asked = { fields_to_export: ['external_id', 'custom_attributes'] };

describe('/users/export/ids', () => {
  beforeEach(() => start());

  test('returns the requested fields of the requested profiles, and names unknown ones', async () => {
    await write(
      emulator,
      { external_id: 'u', score: 0.7, gone: null, first_name: 'Ann' },
      { external_id: 7, score: 1 },
    );
    const answer = await send(emulator, { ...asked, external_ids: ['u', 7, 'nobody'] }, EXPORT);
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      users: [
        { external_id: 'u', custom_attributes: { score: 0.7 } },
        { external_id: '7', custom_attributes: { score: 1 } },
      ],
      invalid_user_ids: ['nobody'],
      message: 'success',
    });
    expect(emulator.reads).toMatchObject([{ endpoint: '/users/export/ids', status: 201, identifiers: 3 }]);
    expect(emulator.summary().requests).toBe(1);
  });

  test('omits invalid_user_ids when there are none, and returns standard fields separately', async () => {
    await write(emulator, { external_id: 'u', score: 1, first_name: 'Ann' });
    const fields = { fields_to_export: ['external_id', 'first_name', 'phone', 'custom_attributes'] };
    expect((await send(emulator, { ...fields, external_ids: ['u'] }, EXPORT)).body).toEqual({
      users: [{ external_id: 'u', first_name: 'Ann', custom_attributes: { score: 1 } }],
      message: 'success',
    });
  });

  test('finds by alias, address, number and braze_id', async () => {
    const user_alias = { alias_name: 'n', alias_label: 'l' };
    await write(
      emulator,
      { user_alias, _update_existing_only: false, a: 1 },
      { external_id: 'u', email: 'Ann@example.com', phone: '+491234', a: 2 },
      { email: 'bob@example.com', a: 3 },
    );
    expect(await exportUsers(emulator, { user_aliases: [user_alias] })).toEqual([
      { user_aliases: [user_alias], custom_attributes: { a: 1 } },
    ]);
    const ann = { external_id: 'u', email: 'Ann@example.com', custom_attributes: { a: 2 } };
    expect(await exportUsers(emulator, { email_address: 'ann@example.com' })).toEqual([ann]);
    expect(await exportUsers(emulator, { phone: '+491234' })).toEqual([ann]);
    expect(await exportUsers(emulator, { email_address: 'bob@example.com' })).toEqual([
      { email: 'bob@example.com', custom_attributes: { a: 3 } },
    ]);
    const [{ braze_id }] = (await exportUsers(emulator, { external_ids: ['u'] }, ['braze_id'])) as [
      { braze_id: string },
    ];
    expect(braze_id).toMatch(/^[\da-f]{24}$/);
    expect(await exportUsers(emulator, { braze_id })).toEqual([ann]);
    await write(emulator, { braze_id, a: 4 });
    expect(emulator.profile('u')).toMatchObject({ a: 4 });
  });

  test.each<[string, object]>([
    ['no fields', { external_ids: ['u'] }],
    ['no identifier', asked],
    ['51 ids', { ...asked, external_ids: Array.from({ length: 51 }, (_, i) => `u${i}`) }],
    ['an address and a number', { ...asked, email_address: 'a@example.com', phone: '+49' }],
  ])('%s is refused', async (_, request) => {
    expect(await send(emulator, request, EXPORT)).toMatchObject({ status: 400 });
  });

  test('a profile that was never written to has no attributes', async () => {
    await emulator.close();
    await start({ knownProfiles: ['known'] });
    expect(await exportUsers(emulator, { external_ids: ['known'] })).toEqual([
      { external_id: 'known', custom_attributes: {} },
    ]);
  });
});

describe('/custom_attributes', () => {
  beforeEach(() => start());

  test('lists what was written, by name, with the detected type, the forced one and the status', async () => {
    await write(emulator, {
      external_id: 'u',
      text: 'x',
      number: 1,
      flag: true,
      day: '2026-03-01',
      list: ['a'],
      nothing: null,
      first_name: 'Ann',
    });
    emulator.forceType('score', 'number');
    emulator.blocklist(['text']);
    const { status, body } = await send(emulator, null, LIST);
    expect(status).toBe(200);
    const { attributes, message } = body as { attributes: Record<string, unknown>[]; message: string };
    expect(message).toBe('success');
    expect(attributes.map(({ name, data_type, status: state }) => [name, data_type, state])).toEqual([
      ['day', 'Date (Automatically Detected)', 'Active'],
      ['flag', 'Boolean (Automatically Detected)', 'Active'],
      ['list', 'Array (Automatically Detected)', 'Active'],
      ['number', 'Number (Automatically Detected)', 'Active'],
      ['score', 'Number', 'Active'],
      ['text', 'String (Automatically Detected)', 'Blocklisted'],
    ]);
    expect(attributes[2]).toEqual({
      array_length: 500,
      data_type: 'Array (Automatically Detected)',
      description: null,
      name: 'list',
      status: 'Active',
      tag_names: [],
    });
  });

  test('has 50 attributes a page and a link to the next page', async () => {
    const names = Array.from({ length: 120 }, (_, i) => `a${String(i).padStart(3, '0')}`);
    await write(emulator, { external_id: 'u', ...Object.fromEntries(names.map((name) => [name, 1])) });
    const pages: string[][] = [];
    for (let path: string | undefined = '/custom_attributes'; path !== undefined;) {
      const { body, headers } = await send(emulator, null, { path, method: 'GET' });
      pages.push((body as { attributes: { name: string }[] }).attributes.map(({ name }) => name));
      path = /^<(.+)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1];
    }
    expect(pages.map((page) => page.length)).toEqual([50, 50, 20]);
    expect(pages.flat()).toEqual(names);
    expect(await send(emulator, null, { ...LIST, path: '/custom_attributes?cursor=x' })).toMatchObject({ status: 400 });
  });
});

describe.each([
  ['/users/export/ids', EXPORT, 'users.export.ids', { ...asked, external_ids: ['u'] }, 201],
  ['/custom_attributes', LIST, 'custom_attributes.get', null, 200],
] as const)('%s', (_, to, permission, body, good) => {
  test('has its own permission', async () => {
    await start({ keys: { reader: [permission], writer: PERMISSIONS.filter((other) => other !== permission) } });
    expect((await send(emulator, body, { ...to, key: 'reader' })).status).toBe(good);
    expect((await send(emulator, body, { ...to, key: 'writer' })).status).toBe(403);
    expect(await send(emulator, body, { ...to, key: 'nobody' })).toMatchObject({
      status: 401,
      body: { message: 'Invalid API key: nobody' },
    });
    emulator.setPermissions('writer', [permission]);
    expect((await send(emulator, body, { ...to, key: 'writer' })).status).toBe(good);
  });

  test('has its own limit, which /users/track does not share', async () => {
    await start();
    const limit = { requests: 2, perSeconds: 3600 };
    emulator.setExportRateLimit(limit);
    emulator.setCatalogRateLimit(limit);
    const statuses = [];
    for (let i = 0; i < 3; i += 1) statuses.push((await send(emulator, body, to)).status);
    expect(statuses).toEqual([good, good, 429]);
    await write(emulator, { external_id: 'u', a: 1 });
    emulator.setExportRateLimit(null);
    emulator.setCatalogRateLimit(null);
    expect((await send(emulator, body, to)).status).toBe(good);
  });

  test('does not answer in an outage', async () => {
    await start();
    emulator.outage(true);
    expect((await send(emulator, body, to)).status).toBe(503);
  });
});

test('types, lists and limits can be set from another process', async () => {
  await start();
  const order = async (body: object) =>
    (await fetch(`${emulator.url}/emulator/faults`, { method: 'POST', body: JSON.stringify(body) })).status;
  expect(await order({ forceType: { score: 'number' }, blocklist: ['old'], exportRateLimit: null })).toBe(200);
  await write(emulator, { external_id: 'u', score: 'high', old: 1, new: 1 });
  expect(emulator.profile('u')).toEqual({ new: 1 });
  expect(emulator.summary().silentlyDropped).toMatchObject({ type: 1, blocklisted: 1 });
  expect(await order({ unblock: ['old'], permissions: { key: 'k', list: ['users.track'] } })).toBe(200);
  await write(emulator, { external_id: 'u', old: 1 });
  expect(emulator.profile('u')).toEqual({ new: 1, old: 1 });
  expect((await send(emulator, null, { ...LIST, key: 'k' })).status).toBe(403);
  expect(await order({ forceType: { score: 'float' } })).toBe(400);
});

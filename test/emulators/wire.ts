import { DEFAULT_KEY } from '../../emulators/braze/emulator';
import type { BrazeEmulator } from '../../emulators/braze/options';

export interface WireAnswer {
  status: number;
  body: unknown;
  headers: Headers;
}

interface Way {
  path?: string;
  method?: string;
  key?: string;
  /** Replaces the header of the key; null: no header. */
  authorization?: string | null;
  type?: string;
}

/** A raw request over HTTP, for what our client never sends. */
export async function send(
  emulator: BrazeEmulator,
  body: unknown,
  {
    path = '/users/track',
    method = 'POST',
    key = DEFAULT_KEY,
    authorization = `Bearer ${key}`,
    type = 'application/json',
  }: Way = {},
): Promise<WireAnswer> {
  const response = await fetch(path.startsWith('http') ? path : emulator.url + path, {
    method,
    headers: { ...(authorization === null ? {} : { authorization }), 'content-type': type },
    body:
      method === 'GET'
        ? undefined
        : typeof body === 'string' || body instanceof Uint8Array
          ? (body as string)
          : JSON.stringify(body),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type') === 'application/json';
  return { status: response.status, body: (isJson ? JSON.parse(text) : text) as unknown, headers: response.headers };
}

/** Writes these attribute objects; all of them must be accepted. */
export async function write(emulator: BrazeEmulator, ...attributes: object[]): Promise<void> {
  const { status, body } = await send(emulator, { attributes });
  expect([status, body]).toEqual([201, { attributes_processed: attributes.length, message: 'success' }]);
}

/** The users of an export; by default with all identifiers and attributes. */
export async function exportUsers(
  emulator: BrazeEmulator,
  request: object,
  fields = ['external_id', 'user_aliases', 'email', 'custom_attributes'],
): Promise<unknown> {
  const { status, body } = await send(
    emulator,
    { fields_to_export: fields, ...request },
    { path: '/users/export/ids' },
  );
  expect(status).toBe(201);
  return (body as { users: unknown }).users;
}

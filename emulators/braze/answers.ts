import type { ObjectError } from './judge';

/** Braze's answers. Recorded or measured ones are marked "real", the rest "assumed" (facts/braze.md 2 and 12). */
export interface Reply {
  status: number;
  body: string;
  headers?: Record<string, string>;
}

const JSON_TYPE = { 'content-type': 'application/json' };

function json(status: number, body: object): Reply {
  return { status, body: JSON.stringify(body), headers: JSON_TYPE };
}

function html(status: number, title: string): Reply {
  const body = `<html>\r\n<head><title>${status} ${title}</title></head>\r\n<body>\r\n<center><h1>${status} ${title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`;
  return { status, body, headers: { 'content-type': 'text/html' } };
}

/** Real: compact, the counter first, refused objects are not in it. */
export function success(processed: number, errors: ObjectError[]): Reply {
  if (errors.length > 0) return json(201, { attributes_processed: processed, errors, message: 'success' });
  return { status: 201, body: `{"attributes_processed":${processed},"message":"success"}`, headers: JSON_TYPE };
}

/** Real. Without errors (nothing was sent): assumed. */
export function allRefused(errors: ObjectError[]): Reply {
  const message = "Valid data must be provided in the 'attributes', 'events', or 'purchases' fields.";
  return json(400, errors.length > 0 ? { message, errors } : { message });
}

/** Real, the echoed key and the empty headers included. */
export function unknownKey(key: string): Reply {
  return {
    ...json(401, { message: `Invalid API key: ${key}` }),
    headers: {
      ...JSON_TYPE,
      'cache-control': 'no-cache',
      'x-ratelimit-limit': '',
      'x-ratelimit-remaining': '',
      'x-ratelimit-reset': '',
    },
  };
}

/** Real shape, compact. Braze leaves `invalid_user_ids` out when there are none (documented as optional). */
export function exported(users: object[], invalid: unknown[]): Reply {
  return json(201, { users, ...(invalid.length > 0 ? { invalid_user_ids: invalid } : {}), message: 'success' });
}

export const success200 = (body: object) => json(200, body);

// From here on: statuses documented, bodies assumed.
export const badSyntax = () => json(400, { message: 'Bad syntax' });
export const tooManyObjects = () => json(400, { message: 'Max Input Length Exceeded' });
export const exportRefused = (message: string) => json(400, { message });
export const badCursor = () => json(400, { message: 'The cursor is not valid' });
export const wholeRequestRefused = () => json(400, { message: 'Bad Request' });
export const noPermission = () => json(403, { message: 'Access Denied' });
export const noSuchUrl = () => json(404, { message: 'Invalid URL' });
export const tooLarge = () => html(413, 'Request Entity Too Large');
export const wrongContentType = () => json(415, { message: 'Incorrect Content-Type header' });
export const overRateLimit = (headers: Record<string, string>): Reply => ({
  ...json(429, { message: 'Over rate limit' }),
  headers: { ...JSON_TYPE, ...headers },
});
export const internalError = () => json(500, { message: 'Internal server error' });
export const badGateway = () => html(502, 'Bad Gateway');
export const unavailable = (): Reply => ({ status: 503, body: '' });

/** Ours: the emulator says what it does not do. */
export const notEmulated = () =>
  json(501, { message: 'This emulator takes attributes only: peak-braze-sync never sends events or purchases' });

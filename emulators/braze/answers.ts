/** Braze's answers. Recorded or measured ones are marked "real", the rest "assumed" (facts/braze.md 2 and 12). */
export interface Reply {
  status: number;
  body: string;
  headers?: Record<string, string>;
}

/** As in Braze's error list: `index` counts from 0 inside `input_array`, `type` is human text or a code. */
export interface ObjectError {
  index: number;
  input_array: 'attributes';
  type: string;
}

const JSON_TYPE = { 'content-type': 'application/json' };

function json(status: number, body: object): Reply {
  return { status, body: JSON.stringify(body), headers: JSON_TYPE };
}

function html(status: number, title: string): Reply {
  const body = `<html>\r\n<head><title>${status} ${title}</title></head>\r\n<body>\r\n<center><h1>${status} ${title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`;
  return { status, body, headers: { 'content-type': 'text/html' } };
}

/** Real: compact, with the counter first, which does not include refused objects. */
export function success(processed: number, errors: ObjectError[]): Reply {
  if (errors.length > 0) return json(201, { attributes_processed: processed, errors, message: 'success' });
  return { status: 201, body: `{"attributes_processed":${processed},"message":"success"}`, headers: JSON_TYPE };
}

/** Real. Assumed if there are no errors, because the request was empty. */
export function allRefused(errors: ObjectError[]): Reply {
  const message = "Valid data must be provided in the 'attributes', 'events', or 'purchases' fields.";
  return json(400, errors.length > 0 ? { message, errors } : { message });
}

/** Real, including the echoed key and the empty headers. */
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

/** Real format, compact. Without invalid IDs, Braze omits `invalid_user_ids` (documented as optional). */
export function exported(users: object[], invalid: unknown[]): Reply {
  return json(201, { users, ...(invalid.length > 0 ? { invalid_user_ids: invalid } : {}), message: 'success' });
}

export const success200 = (body: object) => json(200, body);

// Below: documented statuses, assumed bodies.
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

export const serviceUnavailable = () => json(503, { message: 'Service Unavailable' });
export const gatewayTimeout = () => html(504, 'Gateway Time-out');

/** Formerly documented, for maintenance windows. */
export const queued = () => json(202, { message: 'queued' });
/** Observed by other clients: an empty success. */
export const emptyObject = () => json(201, {});

/** The same answer with `errors` in another observed format: null or strings. */
export function withErrors(reply: Reply, errors: string[] | null): Reply {
  return { ...reply, body: JSON.stringify({ ...(JSON.parse(reply.body) as object), errors }) };
}

/** Not from Braze: the request is not emulated. `what` ends the sentence: "sends events". */
export const notEmulated = (what: string) => json(501, { message: `Not emulated: peak-braze-sync never ${what}` });

import type { BrazeAnswer, BrazeHttp, BrazeRequest } from './http';
import {
  type JsonObject,
  type Misconfigured,
  parseObject,
  type RateLimited,
  type Transient,
  UNSENDABLE_KEY,
} from './response';
import { retryAfterMs } from './retryAfter';

/** The key is refused here: it lacks the permission, or Braze does not know it at all. Both come as 401 and as 403. */
export interface NotPermitted {
  kind: 'not-permitted';
  permission: string;
  status: number;
}
/** Braze refuses the request itself (400). */
interface Unreadable {
  kind: 'unreadable';
  status: number;
}
export type ReadFailure = NotPermitted | Unreadable | Misconfigured | RateLimited | Transient;

/** An endpoint that only reads, and the permission that a key needs for it. */
export interface ReadEndpoint {
  path: string;
  permission: string;
}

/** Reads once. Every outcome on the network is an answer; no message contains anything of a body. */
export async function read(
  http: BrazeHttp,
  endpoint: ReadEndpoint,
  request: BrazeRequest,
): Promise<{ kind: 'answered'; answer: JsonObject; raw: BrazeAnswer } | ReadFailure> {
  if (!http.isKeySendable) return UNSENDABLE_KEY;
  const raw = await http.exchange(request);
  if (typeof raw === 'string') return { kind: 'transient', code: raw };
  const failure = readFailure(raw, endpoint);
  if (failure !== null) return failure;
  const answer = parseObject(raw.body);
  if (answer === null) return { kind: 'transient', code: raw.body.trim() === '' ? 'empty answer' : 'not JSON' };
  return { kind: 'answered', answer, raw };
}

function readFailure({ status, headers }: BrazeAnswer, { path, permission }: ReadEndpoint): ReadFailure | null {
  if (status >= 200 && status < 300) return null;
  if (status === 401 || status === 403) return { kind: 'not-permitted', permission, status };
  if (status === 400 || status === 422) return { kind: 'unreadable', status };
  if (status === 429) return { kind: 'rate-limited', afterMs: retryAfterMs(headers, Date.now()) };
  if (status >= 500 || status === 408 || status === 425) return { kind: 'transient', code: String(status) };
  return {
    kind: 'configuration',
    problem: 'wrong-url',
    message: `There is no ${path} at restEndpoint (${status}): check the address`,
  };
}

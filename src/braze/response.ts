import { type AnswerHeaders, header } from './headers';
import { retryAfterMs } from './retryAfter';

/** An object refused by Braze. `index` counts from 0 in the array that was sent; `message` is Braze's own and may quote a
 * value: it passes through `redactValues` before it is kept or shown. */
export interface RefusedObject {
  index: number;
  message: string;
}

type ConfigurationProblem = 'unknown-key' | 'no-permission' | 'wrong-url' | 'unexpected-answer';

/** Braze processed the request: every object that is neither rejected nor unknown is accepted ("queued", as Braze says). */
interface Answered {
  kind: 'answered';
  rejected: RefusedObject[];
  /** Indices of objects Braze neither counted nor named. Not synced, not refused. */
  unknown: number[];
}
/** Braze accepted nothing. `rejected` are the invalid objects, where it names them. */
interface Refused {
  kind: 'refused';
  message: string;
  rejected: RefusedObject[];
}
interface TooLarge {
  kind: 'too-large';
}
/** No retry can fix it. `message` is ours and complete; nothing of the body is in it (a 401 echoes the key). */
export interface Misconfigured {
  kind: 'configuration';
  problem: ConfigurationProblem;
  message: string;
}
/** `afterMs`: as Braze names it, at most an hour; null when it names nothing. */
export interface RateLimited {
  kind: 'rate-limited';
  afterMs: number | null;
}
/** Worth a retry. `code` is a word or a status for `progress`: "503", "timeout", "ECONNRESET", "not JSON". */
export interface Transient {
  kind: 'transient';
  code: string;
  /** A 2xx that is not an answer of `/users/track`: once, a broken transfer; repeatedly, not Braze at all. */
  unexpected?: true;
}
export type Answer = Answered | Refused | TooLarge | Misconfigured | RateLimited | Transient;

interface RawAnswer {
  status: number;
  headers: AnswerHeaders;
  body: string;
  /** How many objects the request carried. */
  sent: number;
  nowMs: number;
}

/** What one answer of `/users/track` means. The only place that decides it. Pure. */
export function readAnswer({ status, headers, body, sent, nowMs }: RawAnswer): Answer {
  if (status >= 200 && status < 300) return readSuccess(status, body, sent);
  if (status === 400 || status === 422) return readRefusal(status, body, sent);
  if (status === 413) return { kind: 'too-large' };
  if (status === 429) return { kind: 'rate-limited', afterMs: retryAfterMs(headers, nowMs) };
  if (status >= 500 || status === 408 || status === 425) return { kind: 'transient', code: String(status) };
  return misconfigured(status);
}

/** Braze's id of the request, for its support; null when there is none or it does not look like one. */
export function requestIdOf(headers: AnswerHeaders): string | null {
  const id = header(headers, 'x-request-id');
  return /^[\w-]{1,64}$/.test(id) ? id : null;
}

/**
 * A 2xx is a success only with the success message and a matching count: rejected and dropped objects come with a 201 too
 * (measured). A missing `attributes_processed` is accepted.
 */
function readSuccess(status: number, body: string, sent: number): Answer {
  if (body.trim() === '') return { kind: 'transient', code: 'empty answer', unexpected: true };
  const answer = parseObject(body);
  if (answer === null) return { kind: 'transient', code: 'not JSON', unexpected: true };
  const { message, attributes_processed: processed } = answer;
  const { rejected, unattributed } = readErrors(answer, sent);

  // Braze's maintenance mode (older documentation): accepted as a whole, counted later.
  if (status === 202 && message === 'queued') return { kind: 'answered', rejected, unknown: [] };
  if (message !== 'success') {
    // The body of a refusal under a 2xx. Without a named object it says nothing about any of them.
    if (rejected.length > 0) return { kind: 'refused', message: asText(message), rejected };
    return { kind: 'transient', code: message === undefined ? 'no message' : 'unexpected message', unexpected: true };
  }
  const addsUp = processed == null || processed === sent - rejected.length;
  return { kind: 'answered', rejected, unknown: addsUp && unattributed === 0 ? [] : unnamed(rejected, sent) };
}

function readRefusal(status: number, body: string, sent: number): Refused {
  const answer = parseObject(body) ?? {};
  const { rejected } = readErrors(answer, sent);
  const message = rejected[0]?.message ?? asText(answer.message);
  return { kind: 'refused', message: message || `Braze answered ${status} without a reason`, rejected };
}

/**
 * `errors` may be absent, null, a string, strings, or objects with or without an index. An index counts inside the array
 * that `input_array` names; we send one array only, so an error that names none is about it. In a request of one object
 * every error is about that object.
 */
function readErrors(answer: JsonObject, sent: number): { rejected: RefusedObject[]; unattributed: number } {
  const messages = new Map<number, string>();
  let unattributed = 0;
  for (const error of listOf(answer.errors)) {
    const index = sent === 1 ? 0 : indexOf(error, sent);
    if (index === null) unattributed += 1;
    else if (!messages.has(index)) messages.set(index, messageOf(error) || 'Braze gave no reason');
  }
  const rejected = [...messages].map(([index, message]) => ({ index, message }));
  return { rejected: rejected.toSorted((a, b) => a.index - b.index), unattributed };
}

function indexOf(error: unknown, sent: number): number | null {
  if (!isObject(error) || (error.input_array ?? 'attributes') !== 'attributes') return null;
  const index = typeof error.index === 'string' && /^\d+$/.test(error.index) ? Number(error.index) : error.index;
  return typeof index === 'number' && Number.isInteger(index) && index >= 0 && index < sent ? index : null;
}

/** Human text in every recorded case, upper-case codes in the documentation; both are kept as they come. */
function messageOf(error: unknown): string {
  if (!isObject(error)) return asText(error);
  return asText(error.type) || asText(error.message) || asText(error.code);
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}

function listOf(errors: unknown): unknown[] {
  if (errors == null || errors === '') return [];
  return Array.isArray(errors) ? errors : [errors];
}

function unnamed(rejected: RefusedObject[], sent: number): number[] {
  const named = new Set(rejected.map(({ index }) => index));
  return Array.from({ length: sent }, (_, index) => index).filter((index) => !named.has(index));
}

export type JsonObject = Record<string, unknown>;

/** Whether this is a JSON object, no array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Null for anything but a JSON object: proxies answer in HTML, and a broken connection leaves half a body. */
export function parseObject(body: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** A key that no header can carry: nothing was sent. */
export const UNSENDABLE_KEY: Misconfigured = {
  kind: 'configuration',
  problem: 'unknown-key',
  message: 'The Braze API key is empty or contains a character that no key has (a space or line break at the end?)',
};

function misconfigured(status: number): Misconfigured {
  const is = (problem: ConfigurationProblem, message: string) => ({ kind: 'configuration', problem, message }) as const;
  switch (status) {
    case 401:
      return is(
        'unknown-key',
        'Braze does not know this API key (401): check the key, and that restEndpoint is the cluster the key belongs to',
      );
    case 403:
      return is(
        'no-permission',
        'Braze knows the API key but refuses it (403): the key needs the permission users.track and, if it has an IP allowlist, the address of this machine on that list',
      );
    case 404:
    case 405:
    case 410:
      return is('wrong-url', `There is no /users/track at restEndpoint (${status}): check the address`);
    default:
      return status >= 300 && status < 400
        ? is('wrong-url', `restEndpoint redirects (${status}): use the address that it redirects to`)
        : is('unexpected-answer', `Braze answered ${status}, which /users/track does not document`);
  }
}

import { z } from 'zod';
import { isLoopback } from '../types/loopback';
import { readDecimal } from './decimal';
import { parseDuration } from './duration';
import { readRestEndpoint } from './restEndpoint';

/**
 * The kinds of scalar a config holds. Each reads the text that was written (see `yamlText.ts`), and each message is the
 * phrase after "expected", so that a problem can say what was found beside it.
 */
interface ScalarKind<T> {
  expected: string;
  read: (text: string) => T | undefined;
  /** The next step for a text that was refused, as a sentence. Must not repeat the text. */
  hint?: (text: string) => string | undefined;
  jsonSchema: Record<string, unknown>;
}

function scalar<T>({ expected, read, hint, jsonSchema }: ScalarKind<T>) {
  return z
    .string({ error: expected })
    .transform((text, context): T => {
      const value = read(text);
      if (value !== undefined) return value;
      context.issues.push({ code: 'custom', input: text, message: expected, params: { hint: hint?.(text) } });
      return z.NEVER;
    })
    .meta(jsonSchema);
}

/** Any string that is not blank. */
export function text(expected = 'a string') {
  return scalar({
    expected,
    read: (written) => (written.trim() === '' ? undefined : written),
    jsonSchema: { type: 'string', minLength: 1 },
  });
}

/** `from` and `to` included. */
export function wholeNumber({ from, to = Number.MAX_SAFE_INTEGER }: { from: number; to?: number }) {
  const open = to === Number.MAX_SAFE_INTEGER;
  return scalar({
    expected: open ? `a whole number of ${from} or more` : `a whole number from ${from} to ${to}`,
    read: (written) => {
      const value = /^\+?\d+$/.test(written) ? Number(written) : NaN;
      return value >= from && value <= to ? value : undefined;
    },
    jsonSchema: { type: 'integer', minimum: from, ...(open ? {} : { maximum: to }) },
  });
}

/** A decimal above 0. */
export function positiveNumber() {
  return scalar({
    expected: 'a number above 0',
    read: (written) => {
      const value = Number(readDecimal(written));
      return value > 0 ? value : undefined;
    },
    jsonSchema: { type: 'number', exclusiveMinimum: 0 },
  });
}

/** 0..1; `moreThan0` where nothing at all would stop everything. */
export function share({ moreThan0 = false } = {}) {
  return scalar({
    expected: moreThan0 ? 'a share above 0, at most 1' : 'a share from 0 to 1',
    read: (written) => {
      const value = Number(readDecimal(written));
      return value >= 0 && value <= 1 && !(moreThan0 && value === 0) ? value : undefined;
    },
    hint: () => 'For 20 %, write 0.2.',
    jsonSchema: { type: 'number', ...(moreThan0 ? { exclusiveMinimum: 0 } : { minimum: 0 }), maximum: 1 },
  });
}

/** Stays text: 0.1 as a binary float is a little more, and would move a customer over a band's edge. */
export function decimal({ atLeast0 = false } = {}) {
  return scalar({
    expected: atLeast0 ? 'a number of 0 or more, such as 0.03' : 'a number such as 0.5',
    read: (written) => {
      const value = readDecimal(written);
      return atLeast0 && value?.startsWith('-') ? undefined : value;
    },
    hint: (written) => (/^\d+,\d+$/.test(written) ? 'Use a decimal point, not a comma.' : undefined),
    jsonSchema: { type: 'number', ...(atLeast0 ? { minimum: 0 } : {}) },
  });
}

/** `true` or `false`, as YAML 1.2 has them. */
export function boolean() {
  return scalar({
    expected: 'true or false',
    read: (written) => (written === 'true' ? true : written === 'false' ? false : undefined),
    jsonSchema: { type: 'boolean' },
  });
}

/** In milliseconds. */
export function duration({ moreThan0 = false } = {}) {
  return scalar({
    expected: `a duration ${moreThan0 ? 'above 0s ' : ''}such as 30s, 15m, 1h, 6d or 2w`,
    read: (written) => {
      const durationMs = parseDuration(written);
      return moreThan0 && durationMs === 0 ? undefined : durationMs;
    },
    hint: (written) => (/^\d+$/.test(written) ? 'Add a unit: write 30s for 30 seconds.' : undefined),
    jsonSchema: { type: 'string', pattern: '^[0-9]{1,9}(ms|s|m|h|d|w)$' },
  });
}

/** A duration in ms, or null for `never`. */
export function durationOrNever() {
  return scalar<number | null>({
    expected: 'never, or a duration above 0s such as 30d',
    read: (written) => (written === 'never' ? null : parseDuration(written) || undefined),
    hint: (written) => (/^\d+$/.test(written) ? 'Add a unit: write 30d for 30 days.' : undefined),
    jsonSchema: { type: 'string', pattern: '^(never|[0-9]{1,9}(ms|s|m|h|d|w))$' },
  });
}

/** Hour and minute. */
export function timeOfDay() {
  return scalar({
    expected: 'a time of day from "00:00" to "23:59"',
    read: (written) => {
      const match = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(written);
      return match === null ? undefined : { hour: Number(match[1]), minute: Number(match[2]) };
    },
    jsonSchema: { type: 'string', pattern: '^([01]?[0-9]|2[0-3]):[0-5][0-9]$' },
  });
}

/** The name as the IANA spells it: Temporal's server knows `Europe/Berlin` only, where `Intl` takes `europe/berlin` too. */
export function timeZone() {
  return scalar({
    expected: 'an IANA time zone such as Europe/Berlin',
    read: (written) => (isSpeltRight(written) ? written : undefined),
    hint: (written) => {
      const zone = /^[A-Za-z]/.test(written) ? canonicalZone(written) : undefined;
      return zone === undefined ? undefined : `Write ${zone}.`;
    },
    jsonSchema: { type: 'string' },
  });
}

/** An alias keeps its own name; a different spelling is not an alias. */
function isSpeltRight(written: string): boolean {
  const zone = canonicalZone(written);
  if (zone === undefined || zone === written) return zone === written;
  return zone.toLowerCase() !== written.toLowerCase() && written.split('/').every((part) => /^[A-Z]/.test(part));
}

function canonicalZone(name: string): string | undefined {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

/** The origin of Braze's REST API. */
export function restEndpoint() {
  return scalar({
    expected: "the address of Braze's REST API such as https://rest.fra-01.braze.eu",
    read: (written) => {
      const endpoint = readRestEndpoint(written);
      return 'origin' in endpoint ? endpoint.origin : undefined;
    },
    hint: (written) => {
      const endpoint = readRestEndpoint(written);
      return 'hint' in endpoint ? endpoint.hint : undefined;
    },
    jsonSchema: { type: 'string' },
  });
}

/** Sent as a header: a space or line break from copying would break every request. */
export function apiKey() {
  return scalar({
    expected: 'a Braze API key',
    read: (written) => (/^[\x21-\x7e]+$/.test(written) ? written : undefined),
    hint: (written) => (/\s/.test(written) ? 'It contains a space or a line break.' : undefined),
    jsonSchema: { type: 'string', minLength: 1 },
  });
}

/** A secret: with its URL, anyone can post to the channel. */
export function webhook() {
  return scalar({
    expected: 'the URL of a webhook, starting with https://',
    read: (written) => (isWebhook(written) ? written : undefined),
    hint: (written) =>
      /^http:/i.test(written) ? 'http:// is only for a server on this machine; use https://.' : undefined,
    jsonSchema: { type: 'string' },
  });
}

function isWebhook(text: string): boolean {
  if (!/^https?:\/\/\S+$/i.test(text) || !URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || isLoopback(hostname);
}

/** Checks only that it is a URL; `tenant/` knows which databases can be read. */
export function databaseUrl() {
  return scalar({
    expected: 'the URL of a database such as postgres://user:password@host:5432/name',
    read: (written) => (/^[a-z][a-z0-9+.-]*:\S+$/i.test(written) ? written : undefined),
    jsonSchema: { type: 'string' },
  });
}

/** A Postgres URL, or `embedded`. */
export function ledgerUrl() {
  return scalar({
    expected: 'embedded, or postgres://user:password@host:5432/name',
    read: (written) => (written === 'embedded' || /^postgres(ql)?:\/\/\S+$/i.test(written) ? written : undefined),
    jsonSchema: { type: 'string' },
  });
}

/** Host and port of its gRPC endpoint. */
export function temporalAddress() {
  return scalar({
    expected: 'host:port such as 127.0.0.1:7233',
    read: (written) => (/^[^\s/@]+$/.test(written) ? written : undefined),
    hint: (written) => (written.includes('://') ? 'Remove the scheme and //.' : undefined),
    jsonSchema: { type: 'string' },
  });
}

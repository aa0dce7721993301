import { ownValue } from './values';

/**
 * A short code, for people, that says why a network request failed. Never the error's message, which may contain addresses and
 * parts of the request.
 *
 * @param words texts that replace some codes (undici's own begin with `UND_ERR_`)
 * @param otherwise text for an error without a code
 */
export function networkCode(error: unknown, words: Readonly<Record<string, string>>, otherwise: string): string {
  const { code } = error as { code?: unknown };
  if (typeof code !== 'string') return otherwise;
  return ownValue(words, code) ?? (/^[A-Z][A-Z0-9_]{1,40}$/.test(code) ? code : otherwise);
}

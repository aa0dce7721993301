import { ownValue } from './values';

/**
 * A short code, for people, of what prevented an exchange on the network. Never the error's message: it may hold addresses and
 * parts of the request.
 *
 * @param words what to say instead of some codes (undici's own begin with `UND_ERR_`)
 * @param otherwise what to say of an error without a code
 */
export function networkCode(error: unknown, words: Readonly<Record<string, string>>, otherwise: string): string {
  const { code } = error as { code?: unknown };
  if (typeof code !== 'string') return otherwise;
  return ownValue(words, code) ?? (/^[A-Z][A-Z0-9_]{1,40}$/.test(code) ? code : otherwise);
}

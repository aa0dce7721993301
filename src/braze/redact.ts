const MAX_CHARACTERS = 300;
const PLACEHOLDER = '[value]';
/** Shorter values are replaced only between quotes: "a" or "1" elsewhere is part of a sentence. */
const SHORTEST_BARE_VALUE = 3;
/** What Braze may quote in another spelling than ours: addresses and long numbers. */
const PERSONAL = /[^\s'"<>]+@[^\s'"<>]+|\+?\d[\d -]{5,}\d/g;

/**
 * Braze's message about one object, safe to keep: no value of that object (`body`: its JSON text), no e-mail address, no long
 * number, no control characters, at most 300 characters. Field names stay.
 */
export function redactValues(message: string, body: string): string {
  const patterns = scalarsOf(JSON.parse(body))
    .toSorted((a, b) => b.length - a.length)
    .map((value) => {
      const literal = value.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
      return value.length < SHORTEST_BARE_VALUE
        ? `(?<=['"])${literal}(?=['"])`
        : `(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])`;
    });
  const bare = patterns.length === 0 ? message : message.replace(new RegExp(patterns.join('|'), 'giu'), PLACEHOLDER);
  const tidy = bare
    .replace(PERSONAL, PLACEHOLDER)
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim();
  return tidy.length > MAX_CHARACTERS ? `${tidy.slice(0, MAX_CHARACTERS - 1)}…` : tidy;
}

function scalarsOf(value: unknown): string[] {
  if (typeof value === 'string') return value === '' ? [] : [value];
  if (typeof value === 'number') return [String(value)];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(scalarsOf) : [];
}

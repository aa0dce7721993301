import { badCursor, type Reply, success200 } from './answers';
import type { Attribute, Catalog } from './catalog';
import { MAX_ARRAY_ELEMENTS } from './values';

const PAGE = 50;

/** `GET /custom_attributes`: 50 on a page, sorted by name; `Link` has the next page. */
export function listCustomAttributes(catalog: Catalog, url: URL): Reply {
  const cursor = url.searchParams.get('cursor');
  const skip = cursor === null ? 0 : skipOf(cursor);
  if (skip === null) return badCursor();
  const all = catalog.list();
  const reply = success200({ attributes: all.slice(skip, skip + PAGE).map(toAnswer), message: 'success' });
  if (skip + PAGE >= all.length) return reply;
  const next = new URL(url);
  next.searchParams.set('cursor', Buffer.from(`skip:${skip + PAGE}`).toString('base64'));
  return { ...reply, headers: { ...reply.headers, link: `<${next.href}>; rel="next"` } };
}

/** The documentation's own example is base64 of "skip:0". */
function skipOf(cursor: string): number | null {
  const skip = /^skip:(\d{1,9})$/.exec(Buffer.from(cursor, 'base64').toString())?.[1];
  return skip === undefined ? null : Number(skip);
}

function toAnswer({ name, type, forced, blocklisted }: Attribute) {
  // Never written to and not forced: blocklisted in advance.
  const word = type === null ? 'String' : type.charAt(0).toUpperCase() + type.slice(1);
  return {
    array_length: type === 'array' ? MAX_ARRAY_ELEMENTS : null,
    data_type: forced ? word : `${word} (Automatically Detected)`,
    description: null,
    name,
    status: blocklisted ? 'Blocklisted' : 'Active',
    tag_names: [],
  };
}

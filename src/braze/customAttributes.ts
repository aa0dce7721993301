import type { AttributeType } from '../types/settings';
import { header, type AnswerHeaders } from './headers';
import type { BrazeHttp } from './http';
import { type ReadEndpoint, type ReadFailure, read } from './reading';
import { isObject } from './response';

/** Braze: get_custom_attributes. */
export const CUSTOM_ATTRIBUTES: ReadEndpoint = { path: '/custom_attributes', permission: 'custom_attributes.get' };

/** A custom attribute as the workspace declares it. */
export interface DeclaredAttribute {
  name: string;
  /** `other`: arrays and objects. Null: Braze has not decided it, or uses a name that we do not know. */
  type: AttributeType | 'other' | null;
  /** Braze's own word for it, such as `String`. */
  typeName: string;
  blocklisted: boolean;
}

/** 50 attributes per page. Braze sets no limit; this one ends an endless loop. */
const MAX_PAGES = 200;

/** Every custom attribute of the workspace, by name. Follows `Link` on the same origin only: the key goes nowhere else. */
export async function listCustomAttributes(
  http: BrazeHttp,
  endpoint: string,
): Promise<{ kind: 'answered'; attributes: Map<string, DeclaredAttribute> } | ReadFailure> {
  const attributes = new Map<string, DeclaredAttribute>();
  let path: string | null = CUSTOM_ATTRIBUTES.path;
  for (let page = 0; path !== null && page < MAX_PAGES; page += 1) {
    const answered = await read(http, CUSTOM_ATTRIBUTES, { method: 'GET', path });
    if (answered.kind !== 'answered') return answered;
    const { attributes: items } = answered.answer;
    if (!Array.isArray(items)) return { kind: 'transient', code: 'no attributes in the answer' };
    for (const item of items) {
      const declared = declaredAttribute(item);
      if (declared !== null) attributes.set(declared.name, declared);
    }
    path = nextPath(answered.raw.headers, endpoint);
  }
  return { kind: 'answered', attributes };
}

function declaredAttribute(item: unknown): DeclaredAttribute | null {
  if (!isObject(item) || typeof item.name !== 'string') return null;
  const text = typeof item.data_type === 'string' ? item.data_type : '';
  // "String (Automatically Detected)": how Braze decided is not part of the type.
  const typeName = text.replace(/\(.*$/, '').trim();
  return {
    name: item.name,
    type: typeOf(typeName),
    typeName,
    blocklisted: typeof item.status === 'string' && /^blocklisted$/i.test(item.status.trim()),
  };
}

const TYPES: readonly [RegExp, AttributeType | 'other'][] = [
  [/array|object/i, 'other'],
  [/^string/i, 'string'],
  [/^(number|integer|float)/i, 'number'],
  [/^bool/i, 'boolean'],
  [/^(date|time)/i, 'date'],
];

function typeOf(typeName: string): DeclaredAttribute['type'] {
  return TYPES.find(([names]) => names.test(typeName))?.[1] ?? null;
}

/** Path and query of the next page; null at the end, and where the link leads to another server. */
function nextPath(headers: AnswerHeaders, endpoint: string): string | null {
  for (const link of header(headers, 'link').split(/,(?=\s*<)/)) {
    const [, address, parameters = ''] = /^\s*<([^>]*)>(.*)$/.exec(link) ?? [];
    if (address === undefined || !/;\s*rel="?next"?\s*(;|$)/i.test(parameters)) continue;
    if (!URL.canParse(address, endpoint)) return null;
    const url = new URL(address, endpoint);
    return url.origin === new URL(endpoint).origin ? url.pathname + url.search : null;
  }
  return null;
}

import {
  allRefused,
  badSyntax,
  notEmulated,
  type Reply,
  success,
  tooManyObjects,
  wholeRequestRefused,
} from './answers';
import { parseObject } from './json';

/** One object of a request, ready to be applied. */
export interface Write {
  /** Key of the profile: the external_id itself, or kind and value (`email:ann@…`, `alias:<label>:<name>`). */
  id: string;
  updateOnly: boolean;
  /** The field that found the profile; not an attribute here. */
  identifiedBy: string;
  object: Record<string, unknown>;
}

/** What Braze would answer, and what it would do: `writes` is empty unless it takes the request. Nothing is done yet. */
export interface Verdict {
  reply: Reply;
  writes: Write[];
  /** Objects in the request, refused ones included. */
  objects: number;
  /** The customers it carries; an object without an identifier has none. */
  ids: string[];
}

export interface Refusals {
  /** Objects of these customers are refused with an error. */
  readonly poisoned: ReadonlySet<string>;
  /** A request that carries one of these is refused whole. */
  readonly refusedWhole: ReadonlySet<string>;
}

/** As in Braze's error list: `index` counts from 0 inside `input_array`, `type` is human text. */
export interface ObjectError {
  index: number;
  input_array: 'attributes';
  type: string;
}

const MAX_OBJECTS = 75;
const NOTHING_SENT = { writes: [], objects: 0, ids: [] };

/** Judges the body of a `/users/track` request by Braze's documented rules. Pure. */
export function judge(body: Buffer, refusals: Refusals): Verdict {
  const request = parseObject(body);
  if (request === undefined) return { reply: badSyntax(), ...NOTHING_SENT };
  const { attributes, events, purchases } = request;
  if (isFilled(events) || isFilled(purchases)) return { reply: notEmulated(), ...NOTHING_SENT };
  if (!isFilled(attributes)) return { reply: allRefused([]), ...NOTHING_SENT };

  const objects = attributes.length;
  if (objects > MAX_OBJECTS) return { reply: tooManyObjects(), ...NOTHING_SENT, objects };
  const writes: Write[] = [];
  const ids: string[] = [];
  const errors: ObjectError[] = [];
  attributes.forEach((object: unknown, index) => {
    const write = readObject(object);
    if (typeof write !== 'string') ids.push(write.id);
    const problem = typeof write === 'string' ? write : refusals.poisoned.has(write.id) ? BLACKLISTED : null;
    if (problem !== null) errors.push({ type: problem, input_array: 'attributes', index });
    else writes.push(write as Write);
  });
  if (refusals.refusedWhole.size > 0 && ids.some((id) => refusals.refusedWhole.has(id))) {
    return { reply: wholeRequestRefused(), writes: [], objects, ids };
  }
  if (writes.length === 0) return { reply: allRefused(errors), writes, objects, ids };
  return { reply: success(writes.length, errors), writes, objects, ids };
}

// Texts as recorded or documented (facts/braze.md 2.4); those marked "assumed" are the documentation's description of a code.
const ONLY_ONE = "You must specify only one of 'external_id', 'user_alias' or 'braze_id'";
const REQUIRED = "'external_id', 'braze_id', 'user_alias', 'email' or 'phone' is required";
const BLACKLISTED = 'provided external_id is blacklisted and disallowed';
const ID_TOO_LARGE = 'external_id is too large'; // assumed
const BAD_ALIAS = "'user_alias' is not valid"; // assumed

const MAX_ID_BYTES = 987;
const MAX_ALIAS_BYTES = 236;

/** The object as a write, or Braze's words against it. */
function readObject(value: unknown): Write | string {
  if (typeof value !== 'object' || value === null) return REQUIRED;
  const object = value as Record<string, unknown>;
  const { external_id: externalId, braze_id: brazeId, user_alias: alias } = object;
  const primaries = Number(externalId != null) + Number(brazeId != null) + Number(alias != null);
  if (primaries > 1) return ONLY_ONE;
  // Documented default: update-only with an alias, not otherwise.
  const updateOnly = (object._update_existing_only ?? alias != null) === true;

  if (externalId != null) {
    const id = scalarId(externalId);
    if (id === '') return REQUIRED;
    if (id.length * 3 > MAX_ID_BYTES && Buffer.byteLength(id) > MAX_ID_BYTES) return ID_TOO_LARGE;
    return { id, updateOnly, identifiedBy: 'external_id', object };
  }
  if (alias != null) {
    const { alias_name: name, alias_label: label } = alias as Record<string, unknown>;
    if (!isAliasPart(name) || !isAliasPart(label)) return BAD_ALIAS;
    return { id: `alias:${label}:${name}`, updateOnly, identifiedBy: 'user_alias', object };
  }
  for (const field of ['braze_id', 'email', 'phone']) {
    const id = scalarId(object[field]);
    if (id !== '') return { id: `${field}:${id}`, updateOnly, identifiedBy: field, object };
  }
  return REQUIRED;
}

/** Numbers are taken as ids and become strings (recorded). */
function scalarId(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

function isAliasPart(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= MAX_ALIAS_BYTES;
}

function isFilled(array: unknown): array is unknown[] {
  return Array.isArray(array) && array.length > 0;
}

import { BAD_ALIAS, ID_TOO_LARGE, type ObjectProblem, ONLY_ONE, REQUIRED } from './problems';

/** The customer of an object. */
export interface Identified {
  /** Key of the profile: the external_id itself, or kind and value (`email:ann@…`, `alias:<label>:<name>`). */
  id: string;
  /** The field that found the profile; not an attribute here. */
  identifiedBy: string;
}

const MAX_ID_BYTES = 987;
const MAX_ALIAS_BYTES = 236;
/** In order of precedence; email and phone only without another identifier. */
const OTHERS = ['braze_id', 'email', 'phone'] as const;

/** Identifies the customer of an object, or returns why it has none. */
export function identify(object: Record<string, unknown>): Identified | ObjectProblem {
  const { external_id: externalId, braze_id: brazeId, user_alias: alias } = object;
  const primaries = Number(externalId != null) + Number(brazeId != null) + Number(alias != null);
  if (primaries > 1) return ONLY_ONE;
  if (externalId != null) {
    const id = scalarId(externalId);
    if (id === '') return REQUIRED;
    if (id.length * 3 > MAX_ID_BYTES && Buffer.byteLength(id) > MAX_ID_BYTES) return ID_TOO_LARGE;
    return { id, identifiedBy: 'external_id' };
  }
  if (alias != null) {
    const { alias_name: name, alias_label: label } = alias as Record<string, unknown>;
    if (!isAliasPart(name) || !isAliasPart(label)) return BAD_ALIAS;
    return { id: `alias:${label}:${name}`, identifiedBy: 'user_alias' };
  }
  for (const field of OTHERS) {
    const id = scalarId(object[field]);
    if (id !== '') return { id: `${field}:${id}`, identifiedBy: field };
  }
  return REQUIRED;
}

/** Numbers are accepted as IDs and become strings (recorded). */
function scalarId(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

function isAliasPart(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= MAX_ALIAS_BYTES;
}

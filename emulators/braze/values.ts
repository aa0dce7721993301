/** The types of custom attributes that we send. */
export const ATTRIBUTE_TYPES = ['string', 'number', 'boolean', 'date', 'array'] as const;
export type AttributeType = (typeof ATTRIBUTE_TYPES)[number];

/** A change instead of a value: `{"inc": 2}`, `{"add": ["a"]}`, `{"remove": ["a"]}`. */
export interface Change {
  inc?: number;
  add?: unknown[];
  remove?: unknown[];
}

/** Documented for both attribute names and string values. */
export const MAX_CHARACTERS = 255;
/** The maximum for an array here; the newest elements are kept. */
export const MAX_ARRAY_ELEMENTS = 500;

// ISO 8601 and its documented variants; the fraction may follow a colon. Of the two other formats, only MM/dd/yyyy is read.
const ISO_LIKE = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:[.:](\d{1,9}))?)?\s?(Z|[+-]\d\d:?\d\d)?)?$/;
const AMERICAN = /^(\d\d)\/(\d\d)\/(\d{4})$/;

/** The instant of a date text in a documented format, in ms since 1970; null: not a date for Braze. No zone means UTC. */
export function instantOf(text: string): number | null {
  const american = AMERICAN.exec(text);
  const iso = ISO_LIKE.exec(american === null ? text : `${american[3]}-${american[1]}-${american[2]}`);
  // Documented: years after 3000 are stored as strings.
  if (iso === null || Number(iso[1]) > 3000) return null;
  const [, year, month, day, minutes = '00:00', seconds = '00', fraction = '0', zone = 'Z'] = iso;
  const offset = zone === 'Z' ? zone : `${zone.slice(0, 3)}:${zone.slice(-2)}`;
  const instant = Date.parse(`${year}-${month}-${day}T${minutes}:${seconds}.${fraction.padEnd(3, '0')}${offset}`);
  return Number.isNaN(instant) ? null : instant;
}

/** The type that Braze detects in the first value of an attribute; null: Braze cannot store the value. */
export function typeOf(value: unknown): AttributeType | null {
  switch (typeof value) {
    case 'string':
      return instantOf(value) === null ? 'string' : 'date';
    case 'number':
      return 'number';
    case 'boolean':
      return 'boolean';
    default:
      return Array.isArray(value) ? 'array' : null;
  }
}

/** Whether Braze stores this value unchanged in an attribute of this type. */
export function isOfType(value: unknown, type: AttributeType): boolean {
  switch (type) {
    case 'date':
      return typeof value === 'string' && instantOf(value) !== null;
    case 'array':
      return Array.isArray(value);
    default:
      return typeof value === type;
  }
}

const AS_BOOLEAN = new Map<unknown, boolean>([
  [1, true],
  ['1', true],
  ['true', true],
  ['t', true],
  [0, false],
  ['0', false],
  ['false', false],
  ['f', false],
]);

/** The value in the attribute's type, as documented for forced types; undefined: not convertible, so the value is ignored. */
export function coerced(value: unknown, type: AttributeType): unknown {
  if (isOfType(value, type)) return value;
  switch (type) {
    case 'boolean':
      return AS_BOOLEAN.get(value);
    case 'number':
      return typeof value === 'string' && /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value) ? Number(value) : undefined;
    case 'string':
      return typeof value === 'number' ? String(value) : undefined;
    default:
      return undefined;
  }
}

/** Unique elements; only the newest ones if there are more than an array can have. */
export function arrayOf(elements: readonly unknown[]): unknown[] {
  const unique = [...new Set(elements)];
  return unique.length > MAX_ARRAY_ELEMENTS ? unique.slice(-MAX_ARRAY_ELEMENTS) : unique;
}

/** Applies `add` and `remove`: an element that is added again moves to the end. */
export function arrayAfter(current: readonly unknown[], { add = [], remove = [] }: Change): unknown[] {
  const leaving = new Set([...add, ...remove]);
  return arrayOf([...current.filter((element) => !leaving.has(element)), ...add]);
}

import { CONTROL_KEYS, STANDARD_FIELDS } from './fields';
import {
  arrayAfter,
  arrayOf,
  type AttributeType,
  type Change,
  coerced,
  isOfType,
  MAX_CHARACTERS,
  typeOf,
} from './values';

/** Why a value is not stored although the answer is a 201 without errors. */
export const DROP_REASONS = ['type', 'blocklisted', 'name', 'length', 'size'] as const;
export type DropReason = (typeof DROP_REASONS)[number];

/**
 * How a value of another type than the detected one is handled, which Braze does not document: it is ignored, coerced as
 * for forced types (and ignored if that fails), or stored unchanged.
 */
export type TypeMismatch = 'ignore' | 'coerce' | 'store';

/** The result for a value that is not stored. */
export class Dropped {
  readonly reason: DropReason;

  constructor(reason: DropReason) {
    this.reason = reason;
  }
}

/** One attribute name that was written. */
export interface Attribute {
  /** As Braze stores it, without leading and trailing spaces. A name written with spaces has the role `spaced` and stores nothing. */
  readonly name: string;
  readonly role: 'control' | 'standard' | 'custom' | 'spaced' | 'unusable';
  /** Null until the first value. */
  type: AttributeType | null;
  forced: boolean;
  blocklisted: boolean;
  /** `typeof` of the values that are stored unchanged; '' if each value needs a check. */
  plain: string;
  /** The last valid date text: most customers of a run have the same one. */
  lastDate: string | null;
}

const MAX_ARRAY_BYTES = 100_000;
const DROPPED = Object.fromEntries(DROP_REASONS.map((reason) => [reason, new Dropped(reason)])) as Record<
  DropReason,
  Dropped
>;
const UNUSABLE_NAME: Attribute = { ...newAttribute('', 'unusable') };

/** The custom attributes of a workspace. The first value fixes the type permanently, unless a user forced a type. */
export class Catalog {
  readonly #switches: { readonly typeMismatch: TypeMismatch };
  readonly #attributes = new Map<string, Attribute>();

  constructor(switches: { readonly typeMismatch: TypeMismatch }) {
    this.#switches = switches;
  }

  /** By the name as written. */
  attribute(written: string): Attribute {
    return this.#attributes.get(written) ?? this.#enter(written);
  }

  /** Sets the type of this attribute from now on; null: it is detected again from the next value. */
  force(name: string, type: AttributeType | null): void {
    const attribute = this.attribute(name.trim());
    attribute.type = type;
    attribute.forced = type !== null;
    setPlain(attribute);
  }

  blocklist(names: Iterable<string>, blocklisted: boolean): void {
    for (const name of names) {
      const attribute = this.attribute(name.trim());
      attribute.blocklisted = blocklisted;
      setPlain(attribute);
    }
  }

  /** Custom attributes that have a type or are blocklisted, by name. */
  list(): Attribute[] {
    return [...this.#attributes.values()]
      .filter(({ role, type, blocklisted }) => role === 'custom' && (type !== null || blocklisted))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Clears detected types. Forced types and the blocklist stay. */
  clear(): void {
    for (const attribute of this.#attributes.values()) {
      if (!attribute.forced) attribute.type = null;
      setPlain(attribute);
    }
  }

  /** The value in the profile after this write; null removes. For values that are not `plain`. */
  settle(attribute: Attribute, value: unknown, current: unknown): unknown {
    if (attribute.role === 'standard') return value;
    if (attribute.role === 'unusable') return DROPPED.name;
    if (attribute.blocklisted) return DROPPED.blocklisted;
    if (value === null || value === attribute.lastDate) return value;
    if (typeof value === 'string' && value.length > MAX_CHARACTERS) return DROPPED.length;
    if (Array.isArray(value)) return this.#settleArray(attribute, arrayOf(value));
    if (typeof value === 'object') return this.#settleChange(attribute, value as Change, current ?? null);

    if (attribute.type === null) {
      attribute.type = typeOf(value);
      setPlain(attribute);
    }
    const { type, forced } = attribute;
    if (type === null || isOfType(value, type)) {
      if (type === 'date') attribute.lastDate = value as string;
      return value;
    }
    if (!forced && this.#switches.typeMismatch === 'store') return value;
    if (!forced && this.#switches.typeMismatch === 'ignore') return DROPPED.type;
    const converted = coerced(value, type);
    return converted === undefined ? DROPPED.type : converted;
  }

  #settleArray(attribute: Attribute, elements: unknown[]): unknown {
    if (elements.some((element) => typeof element === 'string' && element.length > MAX_CHARACTERS)) {
      return DROPPED.length;
    }
    if (JSON.stringify(elements).length > MAX_ARRAY_BYTES) return DROPPED.size;
    attribute.type ??= 'array';
    const stored = attribute.type === 'array' || (!attribute.forced && this.#switches.typeMismatch === 'store');
    return stored ? elements : DROPPED.type;
  }

  /** An increment of a value that is not a number is ignored (documented for the SDKs; assumed here). */
  #settleChange(attribute: Attribute, change: Change, current: unknown): unknown {
    if (change.inc === undefined) {
      if (current !== null && !Array.isArray(current)) return DROPPED.type;
      return this.#settleArray(attribute, arrayAfter(current ?? [], change));
    }
    attribute.type ??= 'number';
    setPlain(attribute);
    if (attribute.type !== 'number' || (current !== null && typeof current !== 'number')) return DROPPED.type;
    return ((current as number | null) ?? 0) + change.inc;
  }

  #enter(written: string): Attribute {
    // Not stored: endless names from a client must not fill the memory.
    if (written.length > MAX_CHARACTERS * 2) return UNUSABLE_NAME;
    const name = written.trim();
    const attribute = newAttribute(name, name === written ? roleOf(name) : 'spaced');
    this.#attributes.set(written, attribute);
    return attribute;
  }
}

function newAttribute(name: string, role: Attribute['role']): Attribute {
  return { name, role, type: null, forced: false, blocklisted: false, plain: '', lastDate: null };
}

function roleOf(name: string): Attribute['role'] {
  if (CONTROL_KEYS.has(name)) return 'control';
  if (STANDARD_FIELDS.has(name)) return 'standard';
  // Documented for the SDKs: a name may not start with $. A profile object here cannot store `__proto__`.
  return name === '' || name.length > MAX_CHARACTERS || name.startsWith('$') || name === '__proto__'
    ? 'unusable'
    : 'custom';
}

function setPlain(attribute: Attribute): void {
  const { role, type, blocklisted } = attribute;
  const looksTheSame = type === 'string' || type === 'number' || type === 'boolean';
  attribute.plain = role === 'custom' && !blocklisted && looksTheSame ? type : '';
  attribute.lastDate = null;
}

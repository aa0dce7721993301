import { MAX_ALIAS_BYTES } from '../types/brazeLimits';
import type { RejectionReason } from '../types/rejection';
import type { AttributeRule, Identifier } from '../types/settings';
import type { ValueSet } from '../types/values';

/** The customer and the values of an object. */
export interface ObjectParts {
  identifier: Identifier;
  customerId: string;
  updateExistingOnly: boolean;
  values: ValueSet;
}

/**
 * The complete Braze attributes object of one customer as JSON text: identifier, `_update_existing_only`, values in their
 * given order. The same parts give the same bytes. No values: '' (nothing to send). The flag is always written, because
 * its default differs (false with `external_id`, true with `user_alias`; Braze: "User attributes object").
 *
 * @throws RangeError for NaN and infinities: JSON would turn them into `null`, and `null` deletes the attribute at Braze
 */
export function renderObject({ identifier, customerId, updateExistingOnly, values }: ObjectParts): string {
  let empty = true;
  for (const name in values) {
    empty = false;
    const value = values[name];
    if (typeof value === 'number' && !Number.isFinite(value)) {
      throw new RangeError(`Attribute ${name} has a number that JSON cannot carry`);
    }
  }
  if (empty) return '';
  const flag = updateExistingOnly ? ',"_update_existing_only":true,' : ',"_update_existing_only":false,';
  return '{' + renderIdentifier(identifier, customerId) + flag + JSON.stringify(values).slice(1);
}

function renderIdentifier(identifier: Identifier, customerId: string): string {
  const id = JSON.stringify(customerId);
  if (identifier.kind !== 'alias') return `"${identifier.kind}":${id}`;
  return `"user_alias":{"alias_name":${id},"alias_label":${JSON.stringify(identifier.label)}}`;
}

/**
 * Longest id in UTF-8 bytes. `external_id` and alias are Braze's figures (post_user_track, user_alias_object); email is RFC
 * 5321's; for the other two Braze names none and 255 is its general string limit.
 */
export const IDENTIFIER_MAX_BYTES: Readonly<Record<Identifier['kind'], number>> = {
  external_id: 987,
  alias: MAX_ALIAS_BYTES,
  email: 254,
  braze_id: 255,
  phone: 255,
};

export type CustomerIdProblem = Extract<
  RejectionReason,
  'no-customer-id' | 'customer-id-too-long' | 'not-an-email' | 'not-a-phone'
>;

/** Why this customer id cannot go to Braze, or null. */
export function checkCustomerId({ kind }: Identifier, customerId: string): CustomerIdProblem | null {
  if (customerId.trim() === '') return 'no-customer-id';
  const maxBytes = IDENTIFIER_MAX_BYTES[kind];
  // At most three bytes per UTF-16 unit, so nearly every id passes without counting.
  if (customerId.length * 3 > maxBytes && Buffer.byteLength(customerId) > maxBytes) return 'customer-id-too-long';
  if (kind === 'email' && !looksLikeEmail(customerId)) return 'not-an-email';
  if (kind === 'phone' && !looksLikePhone(customerId)) return 'not-a-phone';
  return null;
}

/** Refuses only obvious mistakes; Braze decides whether an address is valid. */
function looksLikeEmail(id: string): boolean {
  return /^\S+@\S+$/.test(id.trim());
}

function looksLikePhone(id: string): boolean {
  return /^[\d\s+()./-]+$/.test(id) && id.replace(/\D/g, '').length >= SHORTEST_PHONE_DIGITS;
}

/** No country has shorter numbers that can be called from abroad. */
const SHORTEST_PHONE_DIGITS = 4;

/** Keys that control a request or identify the customer. They are never attributes. */
const CONTROL_KEYS = [
  'external_id',
  'braze_id',
  'user_alias',
  'alias_name',
  'alias_label',
  '_update_existing_only',
  '_merge_objects',
  'push_token_import',
  'email_subscription_info',
];

/** Braze's standard profile fields (Braze: "User attributes object", "Braze user profile fields"); lower case only. */
export const STANDARD_FIELDS = [
  'country',
  'current_location',
  'date_of_first_session',
  'date_of_last_session',
  'dob',
  'email',
  'email_subscribe',
  'email_open_tracking_disabled',
  'email_click_tracking_disabled',
  'facebook',
  'first_name',
  'gender',
  'home_city',
  'image_url',
  'language',
  'last_name',
  'marked_email_as_spam_at',
  'phone',
  'push_subscribe',
  'push_tokens',
  'subscription_groups',
  'time_zone',
  'twitter',
];

/** The standard fields that take objects or lists of objects: no value that is sent here fits. */
const OBJECT_FIELDS = ['current_location', 'facebook', 'push_tokens', 'subscription_groups', 'twitter'];

/**
 * Names that are not free for a predictive attribute: writing one would change a standard field or the consent of a profile.
 */
export const RESERVED_NAMES: ReadonlySet<string> = new Set([...CONTROL_KEYS, ...STANDARD_FIELDS]);

const ATTRIBUTE_NAME_MAX_CHARACTERS = 255;

const NEVER_NAMES: ReadonlySet<string> = new Set([...CONTROL_KEYS, '__proto__']);

/**
 * What a name means at Braze: free for an attribute, a standard field, a standard field that takes an object, or no standard
 * field although the config says so. `identifier`: the field that identifies the customer, which no value may overwrite in the
 * same object.
 */
export function classifyName(
  { name, standardField }: Pick<AttributeRule, 'name' | 'standardField'>,
  identifier: Identifier,
): 'free' | 'standard-field' | 'object-field' | 'no-standard-field' | 'identifier' {
  const isField = STANDARD_FIELDS.includes(name);
  if (standardField && !isField) return 'no-standard-field';
  if (name === identifier.kind) return 'identifier';
  if (OBJECT_FIELDS.includes(name)) return 'object-field';
  return isField && !standardField ? 'standard-field' : 'free';
}

/** What is wrong with an attribute's name at Braze, as the end of "the name …", or null. Standard fields pass here. */
export function attributeNameProblem(name: string): string | null {
  if (name === '') return 'is empty';
  // Braze strips spaces from names: " ltv" and "ltv" would be one attribute there and two here.
  if (name !== name.trim()) return 'begins or ends with a space';
  if (name.startsWith('$')) return 'begins with $';
  if (NEVER_NAMES.has(name)) return 'is a control key of Braze requests';
  if (name.length > ATTRIBUTE_NAME_MAX_CHARACTERS) return `is longer than ${ATTRIBUTE_NAME_MAX_CHARACTERS} characters`;
  if (/\p{Cc}/u.test(name)) return 'contains a control character';
  return null;
}

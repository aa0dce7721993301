import type { Switches } from './switches';

/** Why Braze refuses one object. */
export interface ObjectProblem {
  /** The recorded or documented text; for `assumed`, the documented description of a code whose text is unknown. */
  text: string;
  /** Braze's documented code; null: there is none. */
  code: string | null;
}

const recorded = (text: string, code: string | null = null): ObjectProblem => ({ text, code });
const assumed = recorded;

// Sources: facts/braze.md 2.4.
export const ONLY_ONE = recorded("You must specify only one of 'external_id', 'user_alias' or 'braze_id'");
export const REQUIRED = recorded("'external_id', 'braze_id', 'user_alias', 'email' or 'phone' is required");
export const BLACKLISTED = recorded(
  'provided external_id is blacklisted and disallowed',
  'BLACKLISTED_EXTERNAL_USER_ID',
);
export const BAD_EMAIL = recorded("The value provided for the 'email' field is not a valid email.", 'EMAIL_BAD_FORMAT');
export const BAD_EMAIL_STATE = recorded(
  "'email_subscribe' must be 'subscribed', 'unsubscribed', or 'opted_in'",
  'BAD_EMAIL_SUBSCRIPTION_STATE',
);
export const BAD_PUSH_STATE = recorded(
  "'push_subscribe' must be 'subscribed', 'unsubscribed', or 'opted_in'",
  'BAD_PUSH_SUBSCRIPTION_STATE',
);

export const ID_TOO_LARGE = assumed('external_id is too large', 'EXTERNAL_USER_ID_TOO_LARGE');
export const BAD_ALIAS = assumed("'user_alias' is not valid");
export const BAD_LOCATION = assumed("'current_location' is not valid", 'BAD_LOCATION_UPDATE');
export const BAD_GROUPS = assumed("'subscription_groups' must be an array", 'BAD_SUBSCRIPTION_GROUP_ARRAY');
export const BAD_GROUP = assumed("An item of 'subscription_groups' must be a hash", 'BAD_SUBSCRIPTION_GROUP_HASH');
export const BAD_GROUP_ID = assumed("'subscription_group_id' is not valid", 'BAD_SUBSCRIPTION_GROUP_ID');
export const BAD_GROUP_STATE = assumed("'subscription_state' is not valid", 'BAD_SUBSCRIPTION_GROUP_STATE');
export const SUBSCRIPTION_INFO = assumed(
  "'email_subscription_info' cannot be set",
  'INVALID_ATTRIBUTE_EMAIL_SUBSCRIPTION_INFO',
);

/** The `type` of an error in this style. */
export function messageOf({ text, code }: ObjectProblem, style: Switches['errorTypeStyle']): string {
  return style === 'code' && code !== null ? code : text;
}

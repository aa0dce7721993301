import {
  BAD_EMAIL,
  BAD_EMAIL_STATE,
  BAD_GROUP,
  BAD_GROUP_ID,
  BAD_GROUP_STATE,
  BAD_GROUPS,
  BAD_LOCATION,
  BAD_PUSH_STATE,
  type ObjectProblem,
  SUBSCRIPTION_INFO,
} from './problems';

const STATES = new Set<unknown>(['opted_in', 'subscribed', 'unsubscribed']);
const EMAIL = /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/;
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Why Braze refuses an object because of a standard field, or null. Absent and null are valid: null removes. */
export function standardFieldProblem(object: Record<string, unknown>): ObjectProblem | null {
  const { email, email_subscribe: emailState, push_subscribe: pushState } = object;
  if (email != null && !(typeof email === 'string' && EMAIL.test(email))) return BAD_EMAIL;
  if (emailState != null && !STATES.has(emailState)) return BAD_EMAIL_STATE;
  if (pushState != null && !STATES.has(pushState)) return BAD_PUSH_STATE;
  if (object.current_location != null && !isPlace(object.current_location)) return BAD_LOCATION;
  if (object.subscription_groups != null) return groupsProblem(object.subscription_groups);
  return object.email_subscription_info === undefined ? null : SUBSCRIPTION_INFO;
}

function isPlace(value: unknown): boolean {
  const { longitude, latitude } = value as Record<string, unknown>;
  return isWithin(longitude, 180) && isWithin(latitude, 90);
}

function isWithin(value: unknown, most: number): boolean {
  return typeof value === 'number' && Math.abs(value) <= most;
}

function groupsProblem(groups: unknown): ObjectProblem | null {
  if (!Array.isArray(groups)) return BAD_GROUPS;
  for (const group of groups as unknown[]) {
    if (typeof group !== 'object' || group === null) return BAD_GROUP;
    const { subscription_group_id: id, subscription_state: state } = group as Record<string, unknown>;
    if (typeof id !== 'string' || !UUID.test(id)) return BAD_GROUP_ID;
    if (state !== 'subscribed' && state !== 'unsubscribed') return BAD_GROUP_STATE;
  }
  return null;
}

import { STANDARD_FIELDS } from './fields';

/** Endpoints of Braze that peak-braze-sync never calls. */
const ENDPOINTS: ReadonlySet<string> = new Set([
  '/users/track/bulk',
  '/users/track/sync',
  '/users/delete',
  '/users/identify',
  '/users/merge',
  '/users/alias/new',
  '/users/alias/update',
  '/users/external_ids/rename',
  '/users/external_ids/remove',
  '/users/export/segment',
  '/users/export/global_control_group',
  '/custom_attributes/blocklist',
  '/events',
  '/events/list',
  '/purchases/product_list',
]);

/** The end of "peak-braze-sync never …", or null. */
export function forbiddenCall(url: string): string | null {
  const path = url.split('?')[0]!;
  return ENDPOINTS.has(path) ? `calls ${path}` : null;
}

/** The end of "peak-braze-sync never …" for one object of a request, or null. */
export function forbiddenValue(object: Record<string, unknown>): string | null {
  if (object.push_token_import === true || object.push_tokens != null) return 'sends push tokens';
  for (const name in object) {
    const value = object[name];
    if (typeof value !== 'object' || value === null) continue;
    if (name === 'user_alias' || STANDARD_FIELDS.has(name) || name === 'email_subscription_info') continue;
    const problem = Array.isArray(value) ? inArray(value) : inObject(value as Record<string, unknown>);
    if (problem !== null) return problem;
  }
  return null;
}

function inArray(elements: unknown[]): string | null {
  return elements.some((element) => typeof element === 'object' && element !== null) ? 'sends arrays of objects' : null;
}

/** Changes of scalars and scalar arrays are allowed. */
function inObject(value: Record<string, unknown>): string | null {
  const names = Object.keys(value);
  if (names.some((name) => name.startsWith('$') && name !== '$time')) return 'sends arrays of objects';
  const isChange =
    names.length > 0 &&
    names.every((name) => (name === 'inc' ? isNumber(value.inc) : isArrayChange(name) && Array.isArray(value[name])));
  if (!isChange) return 'sends nested objects';
  return inArray([...listOf(value.add), ...listOf(value.remove)]);
}

function isArrayChange(name: string): boolean {
  return name === 'add' || name === 'remove';
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number';
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

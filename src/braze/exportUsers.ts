import type { Identifier } from '../types/settings';
import { readBudget } from './budget';
import type { BrazeHttp } from './http';
import { type ReadEndpoint, type ReadFailure, read } from './reading';
import { isObject, type JsonObject } from './response';

const EXPORT_USERS: ReadEndpoint = { path: '/users/export/ids', permission: 'users.export.ids' };

/** Braze's limit of 250 requests a minute, with a little to spare for its clock. */
export const EXPORT_INTERVAL_MS = 250;

/** How many customers one call may request (Braze: post_users_identifier). */
export function exportBatch({ kind }: Identifier): number {
  return kind === 'external_id' || kind === 'alias' ? 50 : 1;
}

/** The requested part of a profile. Fields without a value are absent. */
export interface ExportedUser {
  customAttributes: JsonObject;
  /** Standard fields, by name. */
  fields: JsonObject;
}

interface ExportedUsers {
  kind: 'answered';
  /** By customer id; one who has no profile is absent, and an e-mail address or phone may have several. */
  users: Map<string, ExportedUser[]>;
  /** How long to wait, as Braze says, when the rate limit is used up; 0: continue at once. */
  pauseMs: number;
}

/**
 * Standard fields that `/users/export/ids` returns under the name by which they are written (Braze: user_export_object). The
 * others cannot be read back, or come in another shape.
 */
export const READABLE_FIELDS: ReadonlySet<string> = new Set([
  'country',
  'dob',
  'email',
  'first_name',
  'gender',
  'home_city',
  'language',
  'last_name',
  'phone',
  'time_zone',
]);

/** Reads the profiles of up to {@link exportBatch} customers; requests only `fields` and the custom attributes. */
export async function exportUsers(
  http: BrazeHttp,
  identifier: Identifier,
  customers: readonly string[],
  fields: readonly string[],
): Promise<ExportedUsers | ReadFailure> {
  const whose = identifying(identifier);
  const body = JSON.stringify({
    ...whose.ask(customers),
    fields_to_export: [...new Set(['external_id', 'custom_attributes', ...whose.fields, ...fields])],
  });
  const answered = await read(http, EXPORT_USERS, { method: 'POST', path: EXPORT_USERS.path, body });
  if (answered.kind !== 'answered') return answered;
  const { users } = answered.answer;
  if (!Array.isArray(users)) return { kind: 'transient', code: 'no users in the answer' };
  const budget = readBudget(answered.raw.headers, Date.now());
  return {
    kind: 'answered',
    users: byCustomer(users.filter(isObject), customers, whose.idsOf),
    pauseMs: budget?.remaining === 0 ? budget.resetInMs : 0,
  };
}

function byCustomer(
  users: readonly JsonObject[],
  customers: readonly string[],
  idsOf: ((user: JsonObject) => string[]) | null,
): Map<string, ExportedUser[]> {
  const found = new Map<string, ExportedUser[]>();
  for (const { custom_attributes: attributes, ...fields } of users) {
    const user = { customAttributes: isObject(attributes) ? attributes : {}, fields };
    // A call for one customer is about that one, however Braze spells the address.
    for (const id of idsOf === null ? customers : idsOf(fields)) found.set(id, [...(found.get(id) ?? []), user]);
  }
  return found;
}

interface Identifying {
  ask(customers: readonly string[]): JsonObject;
  /** Fields that must come back to distinguish the profiles. */
  fields: string[];
  idsOf: ((user: JsonObject) => string[]) | null;
}

function identifying(identifier: Identifier): Identifying {
  switch (identifier.kind) {
    case 'external_id':
      return {
        ask: (customers) => ({ external_ids: customers }),
        fields: [],
        idsOf: ({ external_id: id }) => idIn(id),
      };
    case 'alias': {
      const { label } = identifier;
      return {
        ask: (customers) => ({ user_aliases: customers.map((name) => ({ alias_name: name, alias_label: label })) }),
        fields: ['user_aliases'],
        idsOf: ({ user_aliases: aliases }) =>
          (Array.isArray(aliases) ? aliases : [])
            .filter((alias) => isObject(alias) && alias.alias_label === label)
            .flatMap((alias: JsonObject) => idIn(alias.alias_name)),
      };
    }
    case 'braze_id':
      return { ask: ([id]) => ({ braze_id: id }), fields: ['braze_id'], idsOf: null };
    case 'email':
      return { ask: ([id]) => ({ email_address: id }), fields: [], idsOf: null };
    case 'phone':
      return { ask: ([id]) => ({ phone: id }), fields: [], idsOf: null };
  }
}

/** Ids written as numbers come back as numbers or strings. */
function idIn(value: unknown): string[] {
  return typeof value === 'string' || typeof value === 'number' ? [String(value)] : [];
}

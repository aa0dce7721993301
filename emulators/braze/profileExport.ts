import { badSyntax, exported, exportRefused, type Reply } from './answers';
import type { Catalog } from './catalog';
import { CONTROL_KEYS, STANDARD_FIELDS } from './fields';
import { parseObject } from './json';
import type { Profile } from './profile';
import type { Profiles } from './profiles';
import { instantOf } from './values';

const MAX_IDENTIFIERS = 50;
/** A request can have only one of these. */
const SINGLE = ['device_id', 'braze_id', 'email_address', 'phone'] as const;

interface Alias {
  alias_name: string;
  alias_label: string;
}

/** `POST /users/export/ids`: the requested fields of the requested profiles, without unset fields. */
export class ProfileExport {
  readonly #profiles: Profiles;
  readonly #catalog: Catalog;

  constructor(profiles: Profiles, catalog: Catalog) {
    this.#profiles = profiles;
    this.#catalog = catalog;
  }

  answer(body: Buffer): { reply: Reply; identifiers: number } {
    const request = parseObject(body);
    if (request === undefined) return { reply: badSyntax(), identifiers: 0 };
    const externalIds = listOf(request.external_ids).map(textOf);
    const aliases = listOf(request.user_aliases) as Alias[];
    const singles = SINGLE.filter((kind) => request[kind] != null);
    const identifiers = externalIds.length + aliases.length + singles.length;
    const problem = problemOf(request, externalIds.length + aliases.length, singles.length);
    if (problem !== null) return { reply: exportRefused(problem), identifiers };

    // A profile that is found twice is exported once.
    const found = new Map<string, Profile | undefined>();
    const invalid: unknown[] = [];
    const find = (key: string, written: unknown) => {
      const profile = this.#profiles.find(key);
      if (profile !== undefined) found.set(profile.key, profile);
      else if (this.#profiles.exists(key)) found.set(key, undefined);
      else invalid.push(written);
    };
    const findAll = (key: string) => {
      const profiles = this.#profiles.withContact(key);
      for (const profile of profiles) found.set(profile.key, profile);
      if (profiles.length === 0 && this.#profiles.exists(key)) found.set(key, undefined);
    };
    for (const id of externalIds) find(id, id);
    for (const alias of aliases) find(`alias:${alias.alias_label}:${alias.alias_name}`, alias);
    if (request.email_address != null) findAll(`email:${textOf(request.email_address)}`);
    if (request.phone != null) findAll(`phone:${textOf(request.phone)}`);
    if (request.braze_id != null) find(`braze_id:${textOf(request.braze_id)}`, request.braze_id);
    if (request.device_id != null) invalid.push(request.device_id);
    const fields = listOf(request.fields_to_export).map(textOf);
    return {
      reply: exported(
        [...found].map(([key, profile]) => this.#user(key, profile, fields)),
        invalid,
      ),
      identifiers,
    };
  }

  #user(key: string, profile: Profile | undefined, fields: string[]): Record<string, unknown> {
    const all: Record<string, unknown> = {
      ...identifiersOf(key, profile),
      braze_id: this.#profiles.brazeIdOf(key),
      custom_attributes: profile === undefined ? {} : this.#customAttributes(profile),
    };
    for (const name of STANDARD_FIELDS) all[name] ??= profile?.object[name] ?? undefined;
    return Object.fromEntries(fields.filter((name) => all[name] !== undefined).map((name) => [name, all[name]]));
  }

  #customAttributes({ object }: Profile): Record<string, unknown> {
    const attributes: [string, unknown][] = [];
    for (const [name, value] of Object.entries(object)) {
      if (value === null || CONTROL_KEYS.has(name) || STANDARD_FIELDS.has(name)) continue;
      const isDate = typeof value === 'string' && this.#catalog.attribute(name).type === 'date';
      const instant = isDate ? instantOf(value) : null;
      // Assumed: Braze exports dates as instants, not in the sender's format.
      attributes.push([name, instant === null ? value : new Date(instant).toISOString()]);
    }
    return Object.fromEntries(attributes);
  }
}

function problemOf(request: Record<string, unknown>, ids: number, singles: number): string | null {
  if (listOf(request.fields_to_export).length === 0) return "'fields_to_export' is required";
  if (ids + singles === 0) return 'No identifier was given';
  if (ids > MAX_IDENTIFIERS) return `No more than ${MAX_IDENTIFIERS} external_ids or user_aliases may be given`;
  return singles > 1 ? 'Only one of device_id, braze_id, email_address and phone may be given' : null;
}

function identifiersOf(key: string, profile: Profile | undefined): Record<string, unknown> {
  const identifiedBy = profile?.identifiedBy ?? (/^(alias|email|phone|braze_id):/.exec(key)?.[1] || 'external_id');
  if (identifiedBy === 'external_id') return { external_id: key };
  const alias = profile?.object.user_alias;
  return alias == null ? {} : { user_aliases: [alias] };
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Numbers are accepted as IDs and become strings. */
function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

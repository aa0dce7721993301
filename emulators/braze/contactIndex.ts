import type { Profile } from './profile';

const FIELDS = ['email', 'phone'] as const;

/** Finds profiles by email address and phone number, as `email:…` and `phone:…`. Both are case-insensitive. */
export class ContactIndex {
  readonly #profiles = new Map<string, Set<Profile>>();
  /** The keys of each profile, to remove it from them. */
  readonly #keys = new Map<Profile, string[]>();

  /** Call after a write of either field. */
  update(profile: Profile): void {
    for (const key of this.#keys.get(profile) ?? []) this.#profiles.get(key)?.delete(profile);
    const keys = FIELDS.map((field) => profile.object[field])
      .map((value, i) => (typeof value === 'string' ? keyOf(`${FIELDS[i]}:${value}`) : null))
      .filter((key) => key !== null);
    this.#keys.set(profile, keys);
    for (const key of keys) {
      const there = this.#profiles.get(key);
      if (there === undefined) this.#profiles.set(key, new Set([profile]));
      else there.add(profile);
    }
  }

  /** Documented: of several profiles, the last updated one with an external_id, or else the last updated one. */
  find(id: string): Profile | undefined {
    if (this.#profiles.size === 0 || !(id.startsWith('email:') || id.startsWith('phone:'))) return undefined;
    const found = this.all(id);
    const named = found.filter(({ identifiedBy }) => identifiedBy === 'external_id');
    return (named.length > 0 ? named : found).toSorted((a, b) => b.lastWrite - a.lastWrite)[0];
  }

  all(id: string): Profile[] {
    return [...(this.#profiles.get(keyOf(id)) ?? [])];
  }

  clear(): void {
    this.#profiles.clear();
    this.#keys.clear();
  }
}

function keyOf(id: string): string {
  return id.toLowerCase();
}

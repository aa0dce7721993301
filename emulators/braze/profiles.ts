import { createHash } from 'node:crypto';
import { type Attribute, type Catalog, DROP_REASONS, Dropped, type DropReason } from './catalog';
import { ContactIndex } from './contactIndex';
import { CONTROL_KEYS } from './fields';
import type { Write } from './judgeBody';
import type { Profile } from './profile';
import { type Change, MAX_CHARACTERS } from './values';

/** The current fields and attributes of a profile, without removed ones. */
export type ProfileValues = Record<string, unknown>;

/** Counts of the accepted objects and values. */
export interface ProfileCounts {
  /** Profiles that were written. Null in `stats` mode, like the next two, because no profiles are kept to compare with. */
  profiles: number | null;
  /** Objects for a customer that had received one before. */
  repeatedObjects: number | null;
  /** Values that the profile already had: wasted data points. */
  unchangedValues: number | null;
  /** Accepted objects. */
  objects: number;
  /** Braze charges one for each value written, changed or not, including `null`. Dropped values are not charged. */
  dataPoints: number;
  /** Update-only objects for customers without a profile: accepted, but neither stored nor charged. */
  withoutProfile: number;
  /** Values that got a 201 without errors and were not stored, by reason. */
  silentlyDropped: Record<DropReason, number>;
  /** Profiles beyond `maxProfiles`: counted, but not kept. */
  notKept: number;
}

interface ProfilesOptions {
  keep: 'profiles' | 'stats';
  knownProfiles: 'all' | Iterable<string>;
  maxProfiles: number;
}

/** The customers' profiles. */
export class Profiles {
  readonly #options: ProfilesOptions;
  readonly #catalog: Catalog;
  /** Customers that have a profile without a write; null: all customers. */
  readonly #known: Set<string> | null;
  readonly #profiles = new Map<string, Profile>();
  readonly #contacts = new ContactIndex();
  /** The key of each profile by its exported braze_id. */
  readonly #brazeIds = new Map<string, string>();
  #counts = noCounts();

  constructor(options: ProfilesOptions, catalog: Catalog) {
    this.#options = options;
    this.#catalog = catalog;
    this.#known = options.knownProfiles === 'all' ? null : new Set(options.knownProfiles);
  }

  /** These customers have a profile from now on. */
  add(ids: Iterable<string>): void {
    for (const id of ids) this.#known?.add(id);
  }

  write(write: Write): void {
    const { id, updateOnly, identifiedBy, object } = write;
    const counts = this.#counts;
    counts.objects += 1;
    const profile = this.find(id);
    if (updateOnly && profile === undefined && this.#known !== null && !this.#known.has(id)) {
      counts.withoutProfile += 1;
      return;
    }
    let renamed: [name: string, value: unknown][] | null = null;
    for (const name in object) {
      if (name === identifiedBy) continue;
      const attribute = this.#catalog.attribute(name);
      if (attribute.role === 'control') continue;
      let value = object[name];
      // The common case first: this loop is where the emulator spends its time.
      if (typeof value !== attribute.plain || (typeof value === 'string' && value.length > MAX_CHARACTERS)) {
        if (attribute.role === 'spaced') {
          object[name] = null;
          (renamed ??= []).push([attribute.name, value]);
          continue;
        }
        value = this.#settle(attribute, value, profile);
        if (value === undefined) {
          object[name] = null;
          continue;
        }
        object[name] = value;
      } else counts.dataPoints += 1;
      if (profile === undefined) continue;
      if ((profile.object[name] ?? null) === value) counts.unchangedValues += 1;
      profile.object[name] = value;
    }
    const written = profile ?? this.#create(write);
    if (profile !== undefined) counts.repeatedObjects += 1;
    // After the loop: a key that is added to an object during iteration may be visited again.
    if (renamed !== null) this.#writeRenamed(renamed, written ?? { object });
    if (written === null) return;
    written.lastWrite = counts.objects;
    if (object.email !== undefined || object.phone !== undefined) this.#contacts.update(written);
  }

  /** The profile of this identifier; for an email address or a phone number, the result of a search. */
  find(id: string): Profile | undefined {
    return this.#contacts.find(id) ?? this.#profiles.get(this.#brazeIds.get(id) ?? id);
  }

  /** Derived from the key, so that a profile always has the same one. Later writes also find the profile by it. */
  brazeIdOf(key: string): string {
    if (key.startsWith('braze_id:')) return key.slice('braze_id:'.length);
    const id = createHash('sha256').update(key).digest('hex').slice(0, 24);
    this.#brazeIds.set(`braze_id:${id}`, key);
    return id;
  }

  /** Every profile with this address or number. */
  withContact(id: string): Profile[] {
    return this.#contacts.all(id);
  }

  /** Whether there is a profile, with or without a write. Ignores the assumption of `knownProfiles: 'all'`. */
  exists(id: string): boolean {
    return this.find(id) !== undefined || this.#known?.has(this.#brazeIds.get(id) ?? id) === true;
  }

  /** Null: the profile does not exist or is not kept. */
  values(id: string): ProfileValues | null {
    const profile = this.find(id);
    if (profile !== undefined) return valuesOf(profile);
    return this.#known?.has(id) ? {} : null;
  }

  /** The written profiles, in the order of their first write. */
  *all(): IterableIterator<[id: string, values: ProfileValues]> {
    for (const [id, profile] of this.#profiles) yield [id, valuesOf(profile)];
  }

  counts(): ProfileCounts {
    const { profiles, repeatedObjects, unchangedValues, silentlyDropped } = this.#counts;
    const unmeasured = this.#options.keep === 'stats';
    return {
      ...this.#counts,
      silentlyDropped: { ...silentlyDropped },
      profiles: unmeasured ? null : profiles,
      repeatedObjects: unmeasured ? null : repeatedObjects,
      unchangedValues: unmeasured ? null : unchangedValues,
    };
  }

  /** Deletes all writes. Customers that were known at the start or added later stay known. */
  clear(): void {
    this.#profiles.clear();
    this.#contacts.clear();
    this.#brazeIds.clear();
    this.#counts = noCounts();
  }

  /** Returns the stored value and counts it; undefined if the value is dropped. */
  #settle(attribute: Attribute, value: unknown, profile: Pick<Profile, 'object'> | undefined): unknown {
    const settled = this.#catalog.settle(attribute, value, profile?.object[attribute.name]);
    if (settled instanceof Dropped) {
      this.#counts.silentlyDropped[settled.reason] += 1;
      return undefined;
    }
    this.#counts.dataPoints += pointsOf(value);
    return settled;
  }

  /** Braze strips spaces from the ends of names: `" ltv"` is written to `ltv`. */
  #writeRenamed(renamed: [name: string, value: unknown][], profile: Pick<Profile, 'object'>): void {
    for (const [name, value] of renamed) {
      const settled = this.#settle(this.#catalog.attribute(name), value, profile);
      if (settled !== undefined) profile.object[name] = settled;
    }
  }

  /** Null: counted, not kept. */
  #create({ id, identifiedBy, object }: Write): Profile | null {
    // With explicit profiles, one created here must be found by the next update-only write.
    if (this.#options.keep === 'stats') {
      this.#known?.add(id);
      return null;
    }
    if (this.#profiles.size >= this.#options.maxProfiles) {
      this.#counts.notKept += 1;
      return null;
    }
    const profile = { key: id, object, identifiedBy, lastWrite: 0 };
    this.#profiles.set(id, profile);
    this.#counts.profiles += 1;
    return profile;
  }
}

/** One for each element added to or removed from an array, else one. */
function pointsOf(value: unknown): number {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 1;
  const { add = [], remove = [] } = value as Change;
  return Math.max(1, add.length + remove.length);
}

function valuesOf({ object, identifiedBy }: Profile): ProfileValues {
  const attributes = Object.entries(object).filter(
    ([name, value]) => value !== null && name !== identifiedBy && !CONTROL_KEYS.has(name),
  );
  return Object.fromEntries(attributes);
}

function noCounts() {
  return {
    profiles: 0,
    repeatedObjects: 0,
    unchangedValues: 0,
    objects: 0,
    dataPoints: 0,
    withoutProfile: 0,
    silentlyDropped: Object.fromEntries(DROP_REASONS.map((reason) => [reason, 0])) as Record<DropReason, number>,
    notKept: 0,
  };
}

import type { Write } from './judge';

/** Attributes as the profile holds them now; a removed one is absent. */
export type ProfileValues = Record<string, unknown>;

export interface ProfileCounts {
  /** Profiles something was written to. Null in `stats` mode, like the next two: nothing is kept to compare with. */
  profiles: number | null;
  /** Objects for a customer who had got one before. */
  repeatedObjects: number | null;
  /** Values that the profile held already: data points for nothing. */
  unchangedValues: number | null;
  /** Objects taken. */
  objects: number;
  /** Braze charges one for each value written, changed or not, `null` included. */
  dataPoints: number;
  /** Update-only objects for customers without a profile: taken, not stored, not charged. */
  withoutProfile: number;
  /** Profiles beyond `maxProfiles`: counted, not kept. */
  notKept: number;
}

export interface ProfilesOptions {
  keep: 'profiles' | 'stats';
  knownProfiles: 'all' | Iterable<string>;
  maxProfiles: number;
}

interface Profile {
  /**
   * The first object as it was parsed, later values written over: a copy of each would be the emulator's largest cost.
   * The identifier, control keys and removed values (null) are left out when it is read.
   */
  object: Record<string, unknown>;
  identifiedBy: string;
}

/** Not attributes, wherever they stand in an object. */
const CONTROL_KEYS = new Set(['_update_existing_only', '_merge_objects', 'push_token_import']);

/** What each customer's profile holds. */
export class Profiles {
  readonly #options: ProfilesOptions;
  /** Who has a profile without having been written to; null: everybody. */
  readonly #known: Set<string> | null;
  readonly #profiles = new Map<string, Profile>();
  #counts = noCounts();

  constructor(options: ProfilesOptions) {
    this.#options = options;
    this.#known = options.knownProfiles === 'all' ? null : new Set(options.knownProfiles);
  }

  /** These customers have a profile from now on. */
  add(ids: Iterable<string>): void {
    for (const id of ids) this.#known?.add(id);
  }

  write(write: Write): void {
    const { id, updateOnly, identifiedBy, object } = write;
    this.#counts.objects += 1;
    if (updateOnly && this.#known !== null && !this.#known.has(id) && !this.#profiles.has(id)) {
      this.#counts.withoutProfile += 1;
      return;
    }
    const profile = this.#options.keep === 'profiles' ? this.#profiles.get(id) : undefined;
    for (const name in object) {
      if (name === identifiedBy || CONTROL_KEYS.has(name)) continue;
      this.#counts.dataPoints += 1;
      if (profile === undefined) continue;
      if ((profile.object[name] ?? null) === object[name]) this.#counts.unchangedValues += 1;
      profile.object[name] = object[name];
    }
    if (profile === undefined) this.#create(write);
    else this.#counts.repeatedObjects += 1;
  }

  /** Null: no profile, or not kept. */
  values(id: string): ProfileValues | null {
    const profile = this.#profiles.get(id);
    if (profile !== undefined) return valuesOf(profile);
    return this.#known?.has(id) ? {} : null;
  }

  /** Those written to, in the order of their first write. */
  *all(): IterableIterator<[id: string, values: ProfileValues]> {
    for (const [id, profile] of this.#profiles) yield [id, valuesOf(profile)];
  }

  counts(): ProfileCounts {
    const { profiles, repeatedObjects, unchangedValues } = this.#counts;
    const unmeasured = this.#options.keep === 'stats';
    return {
      ...this.#counts,
      profiles: unmeasured ? null : profiles,
      repeatedObjects: unmeasured ? null : repeatedObjects,
      unchangedValues: unmeasured ? null : unchangedValues,
    };
  }

  /** Forgets all that was written; who was known at the start or added since still is. */
  clear(): void {
    this.#profiles.clear();
    this.#counts = noCounts();
  }

  #create({ id, identifiedBy, object }: Write): void {
    // With explicit profiles, one created here must be found by the next update-only write.
    if (this.#options.keep === 'stats') this.#known?.add(id);
    else if (this.#profiles.size >= this.#options.maxProfiles) this.#counts.notKept += 1;
    else {
      this.#profiles.set(id, { object, identifiedBy });
      this.#counts.profiles += 1;
    }
  }
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
    notKept: 0,
  };
}

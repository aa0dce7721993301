/** One customer's profile, as stored. */
export interface Profile {
  /** The key of the profile: the external_id, or kind and value as in `Write`. */
  readonly key: string;
  /**
   * The first object as parsed, overwritten by later values: a copy of each would be the emulator's largest cost.
   * Reads omit the identifier, control keys and removed values (null).
   */
  readonly object: Record<string, unknown>;
  readonly identifiedBy: string;
  /** The number of the last write that changed it. */
  lastWrite: number;
}

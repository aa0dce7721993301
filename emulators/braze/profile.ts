/** One customer's profile, as it is kept. */
export interface Profile {
  /** Where it is found: the external_id, or kind and value as in `Write`. */
  readonly key: string;
  /**
   * The first object as it was parsed, later values written over: a copy of each would be the emulator's largest cost.
   * The identifier, control keys and removed values (null) are left out when it is read.
   */
  readonly object: Record<string, unknown>;
  readonly identifiedBy: string;
  /** Number of the write that changed it last. */
  lastWrite: number;
}

import type { FaultShares, FaultKind, Script } from './faults';
import type { ProfileCounts, ProfileValues } from './profiles';
import type { RateLimit } from './rateWindows';
import type { ReadRequest } from './readEndpoints';
import type { LoggedRequest } from './requestLog';
import type { Switches } from './switches';
import type { AttributeType } from './values';

/** The initial behaviour of the workspace. */
export interface BrazeEmulatorOptions {
  /** Default 0: any free port. */
  port?: number;
  /** API keys with their permissions. Default: `DEFAULT_KEY` with `users.track`. */
  keys?: Readonly<Record<string, readonly string[]>>;
  /** The customers with a profile before the first write. Default 'all', so that update-only writes are stored. */
  knownProfiles?: 'all' | Iterable<string>;
  /** `stats` keeps only counts. Default 'profiles'. */
  keep?: 'profiles' | 'stats';
  /** Default 1,000,000. */
  maxProfiles?: number;
  /** Whether the log contains the customers of a request. Default 'ids'. */
  requestLog?: 'ids' | 'counts';
  /** Default 20,000. */
  maxRequests?: number;
  /** Several limits apply together, such as an hourly limit and a burst. Default null: none. */
  rateLimit?: RateLimit | readonly RateLimit[] | null;
  /** From the complete request to its answer. Default 0. */
  latencyMs?: number;
  /** At most this much more, drawn for each request. Default 0. */
  jitterMs?: number;
  /** Default: none. */
  faultShares?: FaultShares;
  /** Missing switches are as in `DEFAULT_SWITCHES`. */
  switches?: Partial<Switches>;
}

/** Counts since the start, or since the last `clear`. */
export interface EmulatorSummary extends ProfileCounts {
  /** Requests to `/users/track`, regardless of their result. */
  requests: number;
  answers: Record<string, number>;
}

/** A local Braze workspace on loopback. Controls apply from the next request on. */
export interface BrazeEmulator {
  readonly url: string;
  readonly port: number;
  /** The current profile; null if there is none. Identifiers other than external_id: `email:…`, `alias:<label>:<name>`. */
  profile(id: string): ProfileValues | null;
  profiles(): IterableIterator<[id: string, values: ProfileValues]>;
  /** Fixes the type of a custom attribute, as a user does in Braze; null: it is detected again. */
  forceType(attribute: string, type: AttributeType | null): void;
  /** Values of these custom attributes are dropped from now on. */
  blocklist(attributes: Iterable<string>): void;
  unblock(attributes: Iterable<string>): void;
  addProfiles(ids: Iterable<string>): void;
  /** The request log, oldest first. */
  readonly requests: readonly LoggedRequest[];
  requestsSince(n: number, limit?: number): LoggedRequest[];
  /** Requests to `/users/export/ids` and `/custom_attributes`, oldest first. No other count includes them. */
  readonly reads: readonly ReadRequest[];
  /** Customers that the logged requests after number `n` contained more than once. */
  sentTwice(n?: number): string[];
  summary(): EmulatorSummary;
  /** @throws RangeError for an unknown switch or value */
  setSwitches(switches: Partial<Switches>): void;
  setLatency(ms: number, jitterMs?: number): void;
  setRateLimit(limit: RateLimit | readonly RateLimit[] | null): void;
  /** Requests of other clients that count towards the same limit from now on. */
  usedByOthers(requestsPerSecond: number): void;
  /** Limit of `/users/export/ids`; null: none. Initially 250 a minute. */
  setExportRateLimit(limit: RateLimit | null): void;
  /** Limit of `/custom_attributes`; null: none. Initially 1,000 an hour. */
  setCatalogRateLimit(limit: RateLimit | null): void;
  failNext(count: number, kind: FaultKind, options?: { retryAfterSeconds?: number }): void;
  /**
   * Null: none. Faults of `failNext` and an outage take precedence.
   *
   * @throws RangeError for invalid shares
   */
  setFaultShares(shares: FaultShares | null): void;
  respond(script: Script | null): void;
  poison(ids: Iterable<string>): void;
  /** Removes the faults of `poison` and `refuseWhole` for these customers. */
  heal(ids: Iterable<string>): void;
  refuseWhole(ids: Iterable<string>): void;
  /** With `forMs`, the outage ends automatically. */
  outage(on: boolean, options?: { forMs?: number }): void;
  /** Sets the permissions of a key from now on; an unknown key becomes known. */
  setPermissions(key: string, permissions: readonly string[]): void;
  revokeKey(key: string): void;
  restoreKey(key: string): void;
  /** Deletes profiles, detected types, logs, counts and faults; keys, limits, switches, latency, known profiles, forced types and the blocklist stay. */
  clear(): void;
  close(): Promise<void>;
}

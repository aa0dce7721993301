import type { FaultShares, FaultKind, Script } from './faults';
import type { ProfileCounts, ProfileValues } from './profiles';
import type { RateLimit } from './rateWindows';
import type { ReadRequest } from './readEndpoints';
import type { LoggedRequest } from './requestLog';
import type { Switches } from './switches';
import type { AttributeType } from './values';

/** How the workspace behaves from the start. */
export interface BrazeEmulatorOptions {
  /** Default 0: any free port. */
  port?: number;
  /** API keys with their permissions. Default: `DEFAULT_KEY` with `users.track`. */
  keys?: Readonly<Record<string, readonly string[]>>;
  /** Whose profile exists before anything is written. Default 'all', so that update-only writes are kept. */
  knownProfiles?: 'all' | Iterable<string>;
  /** `stats` counts and forgets. Default 'profiles'. */
  keep?: 'profiles' | 'stats';
  /** Default 1,000,000. */
  maxProfiles?: number;
  /** Whether the log says which customers a request carried. Default 'ids'. */
  requestLog?: 'ids' | 'counts';
  /** Default 20,000. */
  maxRequests?: number;
  /** Several act together, as an hourly limit and a burst. Default null: none. */
  rateLimit?: RateLimit | readonly RateLimit[] | null;
  /** From the whole request received to its answer. Default 0. */
  latencyMs?: number;
  /** At most this much on top of it, drawn for each request. Default 0. */
  jitterMs?: number;
  /** Default: none. */
  faultShares?: FaultShares;
  /** Those left out are as in `DEFAULT_SWITCHES`. */
  switches?: Partial<Switches>;
}

/** Counts since the start, or since everything was forgotten. */
export interface EmulatorSummary extends ProfileCounts {
  /** To `/users/track`, whatever became of them. */
  requests: number;
  answers: Record<string, number>;
}

/** A Braze workspace of our own on loopback. Controls act from the next request on. */
export interface BrazeEmulator {
  readonly url: string;
  readonly port: number;
  /** What the profile holds now; null when there is none. Other identifiers than external_id: `email:…`, `alias:<label>:<name>`. */
  profile(id: string): ProfileValues | null;
  profiles(): IterableIterator<[id: string, values: ProfileValues]>;
  /** Fixes the type of a custom attribute, as a person does in Braze; null: it is detected again. */
  forceType(attribute: string, type: AttributeType | null): void;
  /** Values of these custom attributes are dropped from now on. */
  blocklist(attributes: Iterable<string>): void;
  unblock(attributes: Iterable<string>): void;
  addProfiles(ids: Iterable<string>): void;
  /** The request log, oldest first. */
  readonly requests: readonly LoggedRequest[];
  requestsSince(n: number, limit?: number): LoggedRequest[];
  /** Requests to `/users/export/ids` and `/custom_attributes`, oldest first. They stand in no other count. */
  readonly reads: readonly ReadRequest[];
  /** Customers whom the logged requests after number `n` carried more than once. */
  sentTwice(n?: number): string[];
  summary(): EmulatorSummary;
  /** @throws RangeError for a value that there is not */
  setSwitches(switches: Partial<Switches>): void;
  setLatency(ms: number, jitterMs?: number): void;
  setRateLimit(limit: RateLimit | readonly RateLimit[] | null): void;
  /** Requests of others that eat the same budget from now on. */
  usedByOthers(requestsPerSecond: number): void;
  /** Of `/users/export/ids`; null: none. 250 a minute at the start. */
  setExportRateLimit(limit: RateLimit | null): void;
  /** Of `/custom_attributes`; null: none. 1,000 an hour at the start. */
  setCatalogRateLimit(limit: RateLimit | null): void;
  failNext(count: number, kind: FaultKind, options?: { retryAfterSeconds?: number }): void;
  /**
   * Null: none. Requests queued by `failNext` and an outage go first.
   *
   * @throws RangeError for shares that make no sense
   */
  setFaultShares(shares: FaultShares | null): void;
  respond(script: Script | null): void;
  poison(ids: Iterable<string>): void;
  /** Takes a poisoned or wholly refused customer's fault away. */
  heal(ids: Iterable<string>): void;
  refuseWhole(ids: Iterable<string>): void;
  /** With `forMs` it ends by itself. */
  outage(on: boolean, options?: { forMs?: number }): void;
  /** What a key may do from now on; an unknown key becomes known. */
  setPermissions(key: string, permissions: readonly string[]): void;
  revokeKey(key: string): void;
  restoreKey(key: string): void;
  /** Forgets profiles, detected types, logs, counts and faults; keys, limits, switches, latency, known profiles and what was forced or blocklisted stay. */
  clear(): void;
  close(): Promise<void>;
}

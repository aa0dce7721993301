import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerAdmin } from './admin';
import { unavailable } from './answers';
import { Catalog } from './catalog';
import { ProfileExport } from './exportIds';
import { type FaultKind, Faults, type FaultShares, type Script } from './faults';
import { readBody, send } from './http';
import { Keys } from './keys';
import { type ProfileCounts, Profiles, type ProfilesOptions, type ProfileValues } from './profiles';
import type { RateLimit } from './rateWindow';
import { type ReadEndpoint, type ReadRequest, ReadSide } from './reads';
import { type LoggedRequest, RequestLog } from './requestLog';
import { DEFAULT_SWITCHES, switchProblem, type Switches } from './switches';
import { TrackSide } from './track';
import type { AttributeType } from './values';

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
  /** Throws on a value that there is not. */
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
  /** Null: none. Requests in line by `failNext` and an outage go first. Throws on shares that make no sense. */
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

export const DEFAULT_KEY = 'peak-braze-emulator-key';

export async function startBrazeEmulator(options: BrazeEmulatorOptions = {}): Promise<BrazeEmulator> {
  const {
    port = 0,
    keys: keyList = { [DEFAULT_KEY]: ['users.track'] },
    requestLog = 'ids',
    maxRequests = 20_000,
  } = options;
  const kept: ProfilesOptions = {
    keep: options.keep ?? 'profiles',
    knownProfiles: options.knownProfiles ?? 'all',
    maxProfiles: options.maxProfiles ?? 1_000_000,
  };
  const switches: Switches = { ...DEFAULT_SWITCHES };
  setSwitches(options.switches ?? {});
  const catalog = new Catalog(switches);
  const profiles = new Profiles(kept, catalog);
  const log = new RequestLog(requestLog, maxRequests);
  const keys = new Keys(keyList, switches);
  const faults = new Faults(options.latencyMs ?? 0, options.jitterMs ?? 0);
  faults.setShares(options.faultShares ?? {});
  const track = new TrackSide({ keys, faults, switches, profiles, log });
  track.setLimits(listOf(options.rateLimit ?? null));
  const readSide = new ReadSide(keys, new ProfileExport(profiles, catalog), catalog);
  const reads: ReadRequest[] = [];

  function setSwitches(changed: Partial<Switches>): void {
    const problem = switchProblem(changed);
    if (problem !== null) throw new RangeError(problem);
    Object.assign(switches, changed);
  }

  /** An outage and the latency reach these endpoints too; other faults are for `/users/track`. */
  function answerRead(endpoint: ReadEndpoint, request: IncomingMessage, body: Buffer | null, response: ServerResponse) {
    const receivedAtMs = Date.now();
    const { reply, identifiers } = faults.outage
      ? { reply: unavailable(), identifiers: 0 }
      : readSide.answer(endpoint, request, body, emulator.url, receivedAtMs);
    reads.push({ endpoint, receivedAtMs, status: reply.status, identifiers });
    if (reads.length > maxRequests * 1.25) reads.splice(0, reads.length - maxRequests);
    const finish = () => send(response, reply, { 'x-request-id': randomUUID() });
    const delayMs = faults.delayMs();
    if (delayMs > 0) setTimeout(finish, delayMs).unref();
    else finish();
  }

  const server = createServer((request, response) => {
    readBody(request, (body) => {
      const endpoint = ReadSide.endpointOf(request);
      if (endpoint !== null) answerRead(endpoint, request, body, response);
      else if (!request.url?.startsWith('/emulator/')) track.answer(request, body, response);
      else send(response, answerAdmin(emulator, request.method ?? '', request.url, body?.toString() ?? ''), {});
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const bound = (server.address() as AddressInfo).port;

  const emulator: BrazeEmulator = {
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    profile: (id) => profiles.values(id),
    profiles: () => profiles.all(),
    addProfiles: (ids) => profiles.add(ids),
    forceType: (attribute, type) => catalog.force(attribute, type),
    blocklist: (attributes) => catalog.blocklist(attributes, true),
    unblock: (attributes) => catalog.blocklist(attributes, false),
    requests: log.entries,
    reads,
    requestsSince: (n, count) => log.since(n, count),
    sentTwice: (n) => log.sentTwice(n),
    summary: () => ({ requests: log.count, answers: { ...track.answers }, ...profiles.counts() }),
    setSwitches,
    setLatency: (ms, jitterMs = 0) => {
      faults.latencyMs = ms;
      faults.jitterMs = jitterMs;
    },
    setRateLimit: (next) => track.setLimits(listOf(next)),
    usedByOthers: (requestsPerSecond) => track.usedByOthers(requestsPerSecond),
    setExportRateLimit: (next) => readSide.setLimit('/users/export/ids', next),
    setCatalogRateLimit: (next) => readSide.setLimit('/custom_attributes', next),
    failNext: (count, kind, { retryAfterSeconds } = {}) => faults.failNext(count, kind, retryAfterSeconds),
    setFaultShares: (shares) => faults.setShares(shares ?? {}),
    respond: (script) => void (faults.script = script),
    poison: (ids) => addAll(faults.poisoned, ids),
    heal: (ids) => faults.heal(ids),
    refuseWhole: (ids) => addAll(faults.refusedWhole, ids),
    outage: (on, { forMs } = {}) => faults.setOutage(on, forMs),
    setPermissions: (key, permissions) => keys.setPermissions(key, permissions),
    revokeKey: (key) => keys.revoke(key),
    restoreKey: (key) => keys.restore(key),
    clear: () => {
      profiles.clear();
      catalog.clear();
      reads.length = 0;
      log.clear();
      faults.clear();
      track.clear();
    },
    close: () =>
      new Promise((resolve) => {
        track.dropUnapplied();
        server.close(() => resolve());
        // Kept-alive, hanging and half-read connections would hold `close` open.
        server.closeAllConnections();
      }),
  };
  return emulator;
}

function listOf(limits: RateLimit | readonly RateLimit[] | null): readonly RateLimit[] {
  return limits === null ? [] : [limits].flat();
}

function addAll(set: Set<string>, ids: Iterable<string>): void {
  for (const id of ids) set.add(id);
}

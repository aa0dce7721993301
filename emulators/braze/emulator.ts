import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerAdmin } from './admin';
import { unavailable } from './answers';
import { Catalog } from './catalog';
import { type FaultKind, Faults, type FaultShares, type Script } from './faults';
import { readBody, send } from './http';
import { Keys } from './keys';
import type { BrazeEmulatorOptions, BrazeEmulator, EmulatorSummary } from './options';
import { ProfileExport } from './profileExport';
import { Profiles, type ProfileValues } from './profiles';
import type { RateLimit } from './rateWindows';
import { type ReadEndpoint, type ReadRequest, ReadEndpoints } from './readEndpoints';
import { type LoggedRequest, RequestLog } from './requestLog';
import { DEFAULT_SWITCHES, switchProblem, type Switches } from './switches';
import { TrackEndpoint } from './trackEndpoint';
import type { AttributeType } from './values';

/** The key that the emulator accepts by default. */
export const DEFAULT_KEY = 'peak-braze-emulator-key';

/**
 * Starts a Braze workspace on loopback.
 *
 * @throws Error if the port is in use; RangeError for invalid options
 */
export async function startBrazeEmulator(options: BrazeEmulatorOptions = {}): Promise<BrazeEmulator> {
  const emulator = new EmulatorServer(options);
  await emulator.listen(options.port ?? 0);
  return emulator;
}

/** Listens from `listen` to `close`. Composes the parts: each control is one call of one part. */
class EmulatorServer implements BrazeEmulator {
  url = '';
  port = 0;
  readonly requests: readonly LoggedRequest[];
  readonly reads: ReadRequest[] = [];
  readonly #maxRequests: number;
  readonly #switches: Switches = { ...DEFAULT_SWITCHES };
  readonly #catalog = new Catalog(this.#switches);
  readonly #profiles: Profiles;
  readonly #log: RequestLog;
  readonly #keys: Keys;
  readonly #faults: Faults;
  readonly #track: TrackEndpoint;
  readonly #readEndpoints: ReadEndpoints;
  readonly #server: Server;

  constructor(options: BrazeEmulatorOptions) {
    const { keys = { [DEFAULT_KEY]: ['users.track'] }, requestLog = 'ids', maxRequests = 20_000 } = options;
    this.setSwitches(options.switches ?? {});
    this.#maxRequests = maxRequests;
    this.#profiles = new Profiles(
      {
        keep: options.keep ?? 'profiles',
        knownProfiles: options.knownProfiles ?? 'all',
        maxProfiles: options.maxProfiles ?? 1_000_000,
      },
      this.#catalog,
    );
    this.#log = new RequestLog(requestLog, maxRequests);
    this.requests = this.#log.entries;
    this.#keys = new Keys(keys, this.#switches);
    this.#faults = new Faults(options.latencyMs ?? 0, options.jitterMs ?? 0);
    this.#faults.setShares(options.faultShares ?? {});
    this.#track = new TrackEndpoint({
      keys: this.#keys,
      faults: this.#faults,
      switches: this.#switches,
      profiles: this.#profiles,
      log: this.#log,
    });
    this.#track.setLimits(listOf(options.rateLimit ?? null));
    const profileExport = new ProfileExport(this.#profiles, this.#catalog);
    this.#readEndpoints = new ReadEndpoints(this.#keys, profileExport, this.#catalog);
    this.#server = createServer((request, response) => {
      readBody(request, (body) => this.#answer(request, body, response));
    });
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', resolve);
    });
    this.port = (this.#server.address() as AddressInfo).port;
    this.url = `http://127.0.0.1:${this.port}`;
  }

  #answer(request: IncomingMessage, body: Buffer | null, response: ServerResponse): void {
    const endpoint = ReadEndpoints.endpointOf(request);
    if (endpoint !== null) this.#answerRead(endpoint, request, body, response);
    else if (!request.url?.startsWith('/emulator/')) this.#track.answer(request, body, response);
    else send(response, answerAdmin(this, request.method ?? '', request.url, body?.toString() ?? ''), {});
  }

  /** An outage and the latency also apply to these endpoints; other faults apply only to `/users/track`. */
  #answerRead(endpoint: ReadEndpoint, request: IncomingMessage, body: Buffer | null, response: ServerResponse): void {
    const receivedAtMs = Date.now();
    const { reply, identifiers } = this.#faults.outage
      ? { reply: unavailable(), identifiers: 0 }
      : this.#readEndpoints.answer({ endpoint, request, body, origin: this.url }, receivedAtMs);
    this.reads.push({ endpoint, receivedAtMs, status: reply.status, identifiers });
    if (this.reads.length > this.#maxRequests * 1.25) this.reads.splice(0, this.reads.length - this.#maxRequests);
    const finish = () => send(response, reply, { 'x-request-id': randomUUID() });
    const delayMs = this.#faults.delayMs();
    if (delayMs > 0) setTimeout(finish, delayMs).unref();
    else finish();
  }

  profile(id: string): ProfileValues | null {
    return this.#profiles.values(id);
  }

  profiles(): IterableIterator<[id: string, values: ProfileValues]> {
    return this.#profiles.all();
  }

  addProfiles(ids: Iterable<string>): void {
    this.#profiles.add(ids);
  }

  forceType(attribute: string, type: AttributeType | null): void {
    this.#catalog.force(attribute, type);
  }

  blocklist(attributes: Iterable<string>): void {
    this.#catalog.blocklist(attributes, true);
  }

  unblock(attributes: Iterable<string>): void {
    this.#catalog.blocklist(attributes, false);
  }

  requestsSince(n: number, limit?: number): LoggedRequest[] {
    return this.#log.since(n, limit);
  }

  sentTwice(n?: number): string[] {
    return this.#log.sentTwice(n);
  }

  summary(): EmulatorSummary {
    return { requests: this.#log.count, answers: { ...this.#track.answers }, ...this.#profiles.counts() };
  }

  setSwitches(changed: Partial<Switches>): void {
    const problem = switchProblem(changed);
    if (problem !== null) throw new RangeError(problem);
    Object.assign(this.#switches, changed);
  }

  setLatency(ms: number, jitterMs = 0): void {
    this.#faults.latencyMs = ms;
    this.#faults.jitterMs = jitterMs;
  }

  setRateLimit(limit: RateLimit | readonly RateLimit[] | null): void {
    this.#track.setLimits(listOf(limit));
  }

  usedByOthers(requestsPerSecond: number): void {
    this.#track.usedByOthers(requestsPerSecond);
  }

  setExportRateLimit(limit: RateLimit | null): void {
    this.#readEndpoints.setLimit('/users/export/ids', limit);
  }

  setCatalogRateLimit(limit: RateLimit | null): void {
    this.#readEndpoints.setLimit('/custom_attributes', limit);
  }

  failNext(count: number, kind: FaultKind, { retryAfterSeconds }: { retryAfterSeconds?: number } = {}): void {
    this.#faults.failNext(count, kind, retryAfterSeconds);
  }

  setFaultShares(shares: FaultShares | null): void {
    this.#faults.setShares(shares ?? {});
  }

  respond(script: Script | null): void {
    this.#faults.script = script;
  }

  poison(ids: Iterable<string>): void {
    addAll(this.#faults.poisoned, ids);
  }

  heal(ids: Iterable<string>): void {
    this.#faults.heal(ids);
  }

  refuseWhole(ids: Iterable<string>): void {
    addAll(this.#faults.refusedWhole, ids);
  }

  outage(on: boolean, { forMs }: { forMs?: number } = {}): void {
    this.#faults.setOutage(on, forMs);
  }

  setPermissions(key: string, permissions: readonly string[]): void {
    this.#keys.setPermissions(key, permissions);
  }

  revokeKey(key: string): void {
    this.#keys.revoke(key);
  }

  restoreKey(key: string): void {
    this.#keys.restore(key);
  }

  clear(): void {
    this.#profiles.clear();
    this.#catalog.clear();
    this.reads.length = 0;
    this.#log.clear();
    this.#faults.clear();
    this.#track.clear();
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#track.dropUnapplied();
      this.#server.close(() => resolve());
      // Otherwise idle, hanging and half-read connections would keep the server open.
      this.#server.closeAllConnections();
    });
  }
}

function listOf(limits: RateLimit | readonly RateLimit[] | null): readonly RateLimit[] {
  return limits === null ? [] : [limits].flat();
}

function addAll(set: Set<string>, ids: Iterable<string>): void {
  for (const id of ids) set.add(id);
}

import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerAdmin } from './admin';
import { unavailable } from './answers';
import { Catalog } from './catalog';
import { Faults } from './faults';
import { readBody, send } from './http';
import { Keys } from './keys';
import type { BrazeEmulatorOptions, BrazeEmulator } from './options';
import { ProfileExport } from './profileExport';
import { Profiles, type ProfilesOptions } from './profiles';
import type { RateLimit } from './rateWindows';
import { type ReadEndpoint, type ReadRequest, ReadEndpoints } from './readEndpoints';
import { RequestLog } from './requestLog';
import { DEFAULT_SWITCHES, switchProblem, type Switches } from './switches';
import { TrackEndpoint } from './trackEndpoint';

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
  const track = new TrackEndpoint({ keys, faults, switches, profiles, log });
  track.setLimits(listOf(options.rateLimit ?? null));
  const readSide = new ReadEndpoints(keys, new ProfileExport(profiles, catalog), catalog);
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
      const endpoint = ReadEndpoints.endpointOf(request);
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

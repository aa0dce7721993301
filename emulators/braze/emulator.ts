import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerAdmin } from './admin';
import {
  badGateway,
  internalError,
  noSuchUrl,
  overRateLimit,
  type Reply,
  tooLarge,
  unavailable,
  wrongContentType,
} from './answers';
import { Catalog } from './catalog';
import { ProfileExport } from './exportIds';
import { type Fault, type FaultKind, Faults, type Script } from './faults';
import { oneHeader, readBody, send } from './http';
import { judge, type Verdict } from './judge';
import { Keys } from './keys';
import { type ProfileCounts, Profiles, type ProfilesOptions, type ProfileValues } from './profiles';
import { rateHeaders, type RateLimit, RateWindow } from './rateWindow';
import { type ReadEndpoint, type ReadRequest, ReadSide } from './reads';
import { type LoggedRequest, RequestLog } from './requestLog';
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
  /** Default null: none. */
  rateLimit?: RateLimit | null;
  /** From the whole request received to its answer. Default 0. */
  latencyMs?: number;
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
  setLatency(ms: number): void;
  setRateLimit(limit: RateLimit | null): void;
  /** Of `/users/export/ids`; null: none. 250 a minute at the start. */
  setExportRateLimit(limit: RateLimit | null): void;
  /** Of `/custom_attributes`; null: none. 1,000 an hour at the start. */
  setCatalogRateLimit(limit: RateLimit | null): void;
  failNext(count: number, kind: FaultKind, options?: { retryAfterSeconds?: number }): void;
  respond(script: Script | null): void;
  poison(ids: Iterable<string>): void;
  /** Takes a poisoned or wholly refused customer's fault away. */
  heal(ids: Iterable<string>): void;
  refuseWhole(ids: Iterable<string>): void;
  outage(on: boolean): void;
  /** What a key may do from now on; an unknown key becomes known. */
  setPermissions(key: string, permissions: readonly string[]): void;
  revokeKey(key: string): void;
  restoreKey(key: string): void;
  /** Forgets profiles, detected types, logs, counts and faults; keys, limits, latency, known profiles and what was forced or blocklisted stay. */
  clear(): void;
  close(): Promise<void>;
}

export const DEFAULT_KEY = 'peak-braze-emulator-key';

const DEFAULT_LIMIT: RateLimit = { requests: 3000, perSeconds: 3 };
const NOTHING_READ = { writes: [], objects: 0, ids: [] };

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
  const catalog = new Catalog();
  const profiles = new Profiles(kept, catalog);
  const log = new RequestLog(requestLog, maxRequests);
  const keys = new Keys(keyList);
  const readSide = new ReadSide(keys, new ProfileExport(profiles, catalog), catalog);
  const reads: ReadRequest[] = [];
  const faults = new Faults(options.latencyMs ?? 0);
  let limit: RateLimit | null = options.rateLimit ?? null;
  let window = limit && new RateWindow(limit);
  let answers: Record<string, number> = {};

  /** What the request itself deserves; nothing is applied yet. Null body: it was too long to be read. */
  function consider(request: IncomingMessage, body: Buffer | null, nowMs: number): Verdict {
    const refuse = (reply: Reply): Verdict => ({ reply, ...NOTHING_READ });
    if (request.method !== 'POST' || request.url !== '/users/track') return refuse(noSuchUrl());
    const refusal = keys.refusal(request.headers.authorization, 'users.track');
    if (refusal !== null) return refuse(refusal);
    const rate = window?.take(nowMs);
    if (rate?.allowed === false) return { ...refuse(overRateLimit(rate.headers)), ...contents(body) };
    if (body === null) return refuse(tooLarge());
    if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) return refuse(wrongContentType());
    const verdict = judge(body, faults);
    verdict.reply.headers = { ...verdict.reply.headers, ...rate?.headers };
    return verdict;
  }

  /** For the log: what a request carries that is not judged. */
  function contents(body: Buffer | null): Pick<Verdict, 'writes' | 'objects' | 'ids'> {
    if (body === null) return NOTHING_READ;
    const { objects, ids } = judge(body, faults);
    return { writes: [], objects, ids };
  }

  /** The answer that a fault puts in the place of Braze's; null: none at all. */
  function faultReply({ kind, retryAfterSeconds }: Fault, nowMs: number): Reply | null {
    switch (kind) {
      case '429':
        return overRateLimit(rateHeaders(limit ?? DEFAULT_LIMIT, 0, nowMs + retryAfterSeconds * 1000, nowMs, false));
      case '500':
        return internalError();
      case '503':
        return unavailable();
      case 'html-502':
        return badGateway();
      default:
        return null;
    }
  }

  function answerTrack(request: IncomingMessage, body: Buffer | null, response: ServerResponse): void {
    const receivedAtMs = Date.now();
    const verdict = consider(request, body, receivedAtMs);
    const { objects, ids } = verdict;
    const fault = faults.outage ? null : faults.next();
    const scripted = faults.script?.({ headers: request.headers, body: body?.toString() ?? '', ids }) ?? null;

    let reply: Reply | null = verdict.reply;
    let instead: string | null = null;
    if (faults.outage) [reply, instead] = [unavailable(), 'outage'];
    else if (fault !== null) [reply, instead] = [faultReply(fault, receivedAtMs), fault.kind];
    else if (scripted !== null) [reply, instead] = [scripted, 'scripted'];

    const entry = log.open(
      {
        receivedAtMs,
        objects,
        fault: instead,
        requestId: randomUUID(),
        bulk: oneHeader(request.headers['x-braze-bulk']),
        userAgent: oneHeader(request.headers['user-agent']),
      },
      ids,
    );
    entry.applied = verdict.writes.length > 0 && (instead === null || instead === 'reset-after-apply');
    if (entry.applied) for (const write of verdict.writes) profiles.write(write);

    const finish = () => {
      if (instead === 'hang') return;
      if (reply === null) request.socket.resetAndDestroy();
      else send(response, reply, { 'x-request-id': entry.requestId });
      entry.latencyMs = Date.now() - receivedAtMs;
      entry.status = reply?.status ?? 0;
      answers[entry.status] = (answers[entry.status] ?? 0) + 1;
    };
    if (faults.latencyMs > 0) setTimeout(finish, faults.latencyMs).unref();
    else finish();
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
    if (faults.latencyMs > 0) setTimeout(finish, faults.latencyMs).unref();
    else finish();
  }

  const server = createServer((request, response) => {
    readBody(request, (body) => {
      const endpoint = ReadSide.endpointOf(request);
      if (endpoint !== null) answerRead(endpoint, request, body, response);
      else if (!request.url?.startsWith('/emulator/')) answerTrack(request, body, response);
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
    summary: () => ({ requests: log.count, answers: { ...answers }, ...profiles.counts() }),
    setLatency: (ms) => void (faults.latencyMs = ms),
    setRateLimit: (next) => {
      limit = next;
      window = next && new RateWindow(next);
    },
    setExportRateLimit: (next) => readSide.setLimit('/users/export/ids', next),
    setCatalogRateLimit: (next) => readSide.setLimit('/custom_attributes', next),
    failNext: (count, kind, { retryAfterSeconds } = {}) => faults.failNext(count, kind, retryAfterSeconds),
    respond: (script) => void (faults.script = script),
    poison: (ids) => addAll(faults.poisoned, ids),
    heal: (ids) => faults.heal(ids),
    refuseWhole: (ids) => addAll(faults.refusedWhole, ids),
    outage: (on) => void (faults.outage = on),
    setPermissions: (key, permissions) => keys.setPermissions(key, permissions),
    revokeKey: (key) => keys.revoke(key),
    restoreKey: (key) => keys.restore(key),
    clear: () => {
      profiles.clear();
      catalog.clear();
      reads.length = 0;
      log.clear();
      faults.clear();
      answers = {};
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        // Kept-alive, hanging and half-read connections would hold `close` open.
        server.closeAllConnections();
      }),
  };
  return emulator;
}

function addAll(set: Set<string>, ids: Iterable<string>): void {
  for (const id of ids) set.add(id);
}

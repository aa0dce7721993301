import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { notEmulated, noSuchUrl, overRateLimit, type Reply, tooLarge, unavailable, wrongContentType } from './answers';
import { type FaultyAnswer, applyFault } from './applyFault';
import type { Faults } from './faults';
import { forbiddenCall } from './forbiddenCalls';
import { isJson, oneHeader, send, sendHalf } from './http';
import { judgeBody, type BodyVerdict, type Write } from './judgeBody';
import type { Keys } from './keys';
import type { Profiles } from './profiles';
import { type RateLimit, RateWindows } from './rateWindows';
import type { RequestLog } from './requestLog';
import type { Switches } from './switches';

const DEFAULT_LIMIT: RateLimit = { requests: 3000, perSeconds: 3 };
const NOTHING_READ = { writes: [], objects: 0, ids: [] };

/** `POST /users/track`, and every unknown address. */
export class TrackEndpoint {
  answers: Record<string, number> = {};
  #limits: readonly RateLimit[] = [];
  #windows: RateWindows | null = null;
  #othersPerSecond = 0;
  readonly #keys: Keys;
  readonly #faults: Faults;
  readonly #switches: Switches;
  readonly #profiles: Profiles;
  readonly #log: RequestLog;
  readonly #unapplied = new Set<NodeJS.Timeout>();

  constructor(parts: { keys: Keys; faults: Faults; switches: Switches; profiles: Profiles; log: RequestLog }) {
    this.#keys = parts.keys;
    this.#faults = parts.faults;
    this.#switches = parts.switches;
    this.#profiles = parts.profiles;
    this.#log = parts.log;
  }

  /** Empty: no limit. */
  setLimits(limits: readonly RateLimit[]): void {
    this.#limits = limits;
    this.#windows = limits.length === 0 ? null : new RateWindows(limits);
    this.#windows?.usedByOthers(this.#othersPerSecond, Date.now());
  }

  usedByOthers(requestsPerSecond: number): void {
    this.#othersPerSecond = requestsPerSecond;
    this.#windows?.usedByOthers(requestsPerSecond, Date.now());
  }

  /** Null body: the body was too long. */
  answer(request: IncomingMessage, body: Buffer | null, response: ServerResponse): void {
    const receivedAtMs = Date.now();
    const verdict = this.#consider(request, body, receivedAtMs);
    const { objects, ids } = verdict;
    const { reply, end, writes, instead } = this.#outcome(request, body, verdict, receivedAtMs);
    const entry = this.#log.open(
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
    entry.applied = writes.length > 0;
    this.#apply(writes);

    const finish = () => {
      if (end === 'hang') return;
      if (reply === null || end === 'reset') request.socket.resetAndDestroy();
      else if (end === 'truncate') sendHalf(response, reply);
      else send(response, reply, { 'x-request-id': entry.requestId });
      entry.latencyMs = Date.now() - receivedAtMs;
      entry.status = end === 'send' && reply !== null ? reply.status : 0;
      this.answers[entry.status] = (this.answers[entry.status] ?? 0) + 1;
    };
    const delayMs = this.#faults.delayMs();
    if (delayMs > 0) setTimeout(finish, delayMs).unref();
    else finish();
  }

  clear(): void {
    this.answers = {};
    this.dropUnapplied();
  }

  /** Cancels the writes that were due later. */
  dropUnapplied(): void {
    for (const timer of this.#unapplied) clearTimeout(timer);
    this.#unapplied.clear();
  }

  /** The verdict on the request itself; nothing is applied yet. */
  #consider(request: IncomingMessage, body: Buffer | null, nowMs: number): BodyVerdict {
    const refuse = (reply: Reply): BodyVerdict => ({ reply, ...NOTHING_READ });
    const { method, url = '', headers } = request;
    if (method !== 'POST' || url !== '/users/track') {
      const never = forbiddenCall(url);
      return refuse(never === null ? noSuchUrl() : notEmulated(never));
    }
    const refusal = this.#keys.refusal(headers.authorization, 'users.track');
    if (refusal !== null) return refuse(refusal);
    const rate = this.#windows?.take(nowMs);
    if (rate?.allowed === false) return { ...refuse(overRateLimit(rate.headers)), ...this.#contents(body) };
    if (body === null) return refuse(tooLarge());
    if (!isJson(headers)) return refuse(wrongContentType());
    const verdict = judgeBody(body, this.#faults, this.#switches);
    if (rate !== undefined) verdict.reply.headers = { ...verdict.reply.headers, ...rate.headers };
    return verdict;
  }

  /** For the log: the contents of a request that is refused before its body is judged. */
  #contents(body: Buffer | null): Pick<BodyVerdict, 'objects' | 'ids'> {
    if (body === null) return NOTHING_READ;
    const { objects, ids } = judgeBody(body, this.#faults, this.#switches);
    return { objects, ids };
  }

  /** Braze's answer to the request, or its replacement. */
  #outcome(
    request: IncomingMessage,
    body: Buffer | null,
    verdict: BodyVerdict,
    nowMs: number,
  ): FaultyAnswer & { instead: string | null } {
    const faults = this.#faults;
    if (faults.outage) return { reply: unavailable(), end: 'send', writes: [], instead: 'outage' };
    const scripted =
      faults.script?.({ headers: request.headers, body: body?.toString() ?? '', ids: verdict.ids }) ?? null;
    const fault = faults.next();
    if (fault !== null) {
      return { ...applyFault(fault, verdict, this.#limits[0] ?? DEFAULT_LIMIT, nowMs), instead: fault.kind };
    }
    if (scripted !== null) return { reply: scripted, end: 'send', writes: [], instead: 'scripted' };
    return { reply: verdict.reply, end: 'send', writes: verdict.writes, instead: null };
  }

  #apply(writes: Write[]): void {
    if (writes.length === 0) return;
    const apply = () => {
      for (const write of writes) this.#profiles.write(write);
    };
    if (this.#switches.applyDelayMs === 0) return apply();
    const timer = setTimeout(() => {
      this.#unapplied.delete(timer);
      apply();
    }, this.#switches.applyDelayMs).unref();
    this.#unapplied.add(timer);
  }
}

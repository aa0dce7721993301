import { Pool } from 'undici';
import { type Budget, readBudget } from './budget';
import { GIVE_UP_AFTER_MS } from './limits';
import { renderRequest } from './packing';
import { type Answer, type RawAnswer, readAnswer, requestIdOf } from './response';

export interface BrazeClientOptions {
  /** Origin of the REST endpoint, no trailing slash. */
  endpoint: string;
  apiKey: string;
  /** Sockets at most; as many requests may be under way at once. Default 256. */
  connections?: number;
  /** Whole time of a request, connecting included. Default 10 s. */
  giveUpAfterMs?: number;
}

export interface BrazeClient {
  /**
   * Posts attribute objects (JSON texts) to `/users/track`. Everything that can happen on the wire is an answer, never an
   * error. Rejects only with the reason of a signal that was aborted before the call: what is sent is not called back,
   * because Braze may have applied it.
   */
  track(objects: readonly string[], signal?: AbortSignal): Promise<TrackAnswer>;
  /** Waits for what is under way. */
  close(): Promise<void>;
}

/** With Braze's `x-request-id`, which its support asks for, and what it says of the budget. */
export type TrackAnswer = Answer & { requestId: string | null; budget: Budget | null };

/** Far above 75 errors; an endless answer must not fill the memory. */
const MAX_ANSWER_BYTES = 1_000_000;

/**
 * A client of one workspace over pooled keep-alive connections. The key lives in this closure only: `inspect`, logs and
 * errors cannot reach it, and an answer that echoes it is cleaned before it is read.
 */
export function createBrazeClient(options: BrazeClientOptions): BrazeClient {
  const { endpoint, apiKey, connections = 256, giveUpAfterMs = GIVE_UP_AFTER_MS } = options;
  const pool = new Pool(endpoint, {
    connections,
    connect: { timeout: giveUpAfterMs },
    maxResponseSize: MAX_ANSWER_BYTES,
  });
  const headers = {
    authorization: `Bearer ${apiKey}`,
    'content-type': 'application/json',
    // Marks the traffic as bulk; documented in 2021, still asked of partners.
    'x-braze-bulk': 'true',
    // Required of partners (api_partner): the customer's API usage report shows it.
    'user-agent': 'partner-Peak',
  };
  const keyCanTravel = /^[\x21-\x7e]+$/.test(apiKey);
  let closing: Promise<void> | null = null;

  /** One exchange on the wire: the raw answer, or a short code for what prevented it. */
  async function exchange(body: string): Promise<Omit<RawAnswer, 'sent' | 'nowMs'> | string> {
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), giveUpAfterMs);
    try {
      const response = await pool.request({
        path: '/users/track',
        method: 'POST',
        headers,
        body,
        signal: deadline.signal,
      });
      const text = await response.body.text();
      return { status: response.statusCode, headers: response.headers, body: text.replaceAll(apiKey, '[key]') };
    } catch (error) {
      return deadline.signal.aborted ? 'timeout' : networkCode(error);
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    async track(objects, signal) {
      signal?.throwIfAborted();
      if (closing !== null) throw new Error('The Braze client is closed');
      if (!keyCanTravel) return UNSENDABLE_KEY;
      const raw = await exchange(renderRequest(objects));
      if (typeof raw === 'string') return { kind: 'transient', code: raw, requestId: null, budget: null };
      const nowMs = Date.now();
      const answer = readAnswer({ ...raw, sent: objects.length, nowMs });
      return { ...answer, requestId: requestIdOf(raw.headers), budget: readBudget(raw.headers, nowMs) };
    },
    close() {
      closing ??= pool.close();
      return closing;
    },
  };
}

const UNSENDABLE_KEY: TrackAnswer = {
  kind: 'configuration',
  problem: 'unknown-key',
  message: 'The Braze API key is empty or contains a character that no key has (a space or a line break at its end?)',
  requestId: null,
  budget: null,
};

/** A short code for people. Never the error's message: it may hold addresses and parts of the request. */
function networkCode(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  if (name === 'HTTPParserError') return 'not HTTP';
  switch (code) {
    case 'UND_ERR_SOCKET':
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
      return 'closed';
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
      return 'timeout';
    case 'UND_ERR_RES_EXCEEDED_MAX_SIZE':
      return 'answer too long';
    default:
      return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,40}$/.test(code) ? code : 'failed';
  }
}

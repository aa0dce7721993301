import { Pool } from 'undici';
import { networkCode } from '../types/networkCode';
import { SENDING } from '../types/sendingTimes';
import type { AnswerHeaders } from './headers';

/** Endpoint, key and limits. */
export interface BrazeHttpOptions {
  /** Origin of the REST endpoint, no trailing slash. */
  endpoint: string;
  apiKey: string;
  /** The most sockets, and so the most requests in flight. Default 256. */
  connections?: number;
  /** Timeout of a request, including connecting. Default 10 s. */
  giveUpAfterMs?: number;
  /** An endless answer must not fill the memory. */
  maxAnswerBytes: number;
}

/** One request below the endpoint. */
export interface BrazeRequest {
  method: 'GET' | 'POST';
  /** With its query, if it has one. */
  path: string;
  body?: string;
  headers?: Readonly<Record<string, string>>;
}

/** A raw answer, with the key in its body replaced by `[key]`. */
export interface BrazeAnswer {
  status: number;
  headers: AnswerHeaders;
  body: string;
}

/** HTTP access to one workspace. */
export interface BrazeHttp {
  /** Whether a header can carry the key; if not, nothing may be sent. */
  readonly isKeySendable: boolean;
  /**
   * Sends one request. Returns the raw answer, or a short code for what prevented it.
   *
   * @throws Error only once it is closed
   */
  exchange(request: BrazeRequest): Promise<BrazeAnswer | string>;
  /** Waits for requests in flight. */
  close(): Promise<void>;
}

/** Opens access to one workspace. It connects with the first request. */
export function openBrazeHttp(options: BrazeHttpOptions): BrazeHttp {
  return new PooledHttp(options);
}

/**
 * Pooled keep-alive connections to one workspace. The key is in private fields only: `inspect`, logs and errors cannot reach
 * it, and an answer that echoes it is cleaned before it is read. Once closed, it stays closed.
 */
class PooledHttp implements BrazeHttp {
  readonly isKeySendable: boolean;
  readonly #apiKey: string;
  readonly #pool: Pool;
  readonly #giveUpAfterMs: number;
  #closing: Promise<void> | null = null;

  constructor(options: BrazeHttpOptions) {
    const { endpoint, apiKey, connections = 256, giveUpAfterMs = SENDING.requestTimeoutMs, maxAnswerBytes } = options;
    this.isKeySendable = /^[\x21-\x7e]+$/.test(apiKey);
    this.#apiKey = apiKey;
    this.#giveUpAfterMs = giveUpAfterMs;
    this.#pool = new Pool(endpoint, {
      connections,
      connect: { timeout: giveUpAfterMs },
      maxResponseSize: maxAnswerBytes,
    });
  }

  async exchange({ method, path, body, headers }: BrazeRequest): Promise<BrazeAnswer | string> {
    if (this.#closing !== null) throw new Error('The Braze client is closed');
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), this.#giveUpAfterMs);
    try {
      const response = await this.#pool.request({
        path,
        method,
        headers: {
          authorization: `Bearer ${this.#apiKey}`,
          // Required of partners (api_partner): the customer's API usage report shows it.
          'user-agent': 'partner-Peak',
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        body: body ?? null,
        signal: deadline.signal,
      });
      const text = await response.body.text();
      return { status: response.statusCode, headers: response.headers, body: text.replaceAll(this.#apiKey, '[key]') };
    } catch (error) {
      return deadline.signal.aborted ? 'timeout' : problemCode(error);
    } finally {
      clearTimeout(timer);
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#pool.close();
    return this.#closing;
  }
}

/** Codes of undici, in words. */
const WORDS: Readonly<Record<string, string>> = {
  UND_ERR_SOCKET: 'closed',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'closed',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'answer too long',
};

function problemCode(error: unknown): string {
  return (error as Error).name === 'HTTPParserError' ? 'not HTTP' : networkCode(error, WORDS, 'failed');
}

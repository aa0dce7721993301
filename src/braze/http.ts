import { Pool } from 'undici';
import { networkCode } from '../types/networkCode';
import { SENDING } from '../types/sendingTimes';
import type { AnswerHeaders } from './headers';

/** Whose endpoint, with which key, and how patiently. */
export interface BrazeHttpOptions {
  /** Origin of the REST endpoint, no trailing slash. */
  endpoint: string;
  apiKey: string;
  /** Sockets at most; as many requests may be under way at once. Default 256. */
  connections?: number;
  /** Whole time of a request, connecting included. Default 10 s. */
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

/** An answer as it came, the key in its body replaced by `[key]`. */
export interface BrazeAnswer {
  status: number;
  headers: AnswerHeaders;
  body: string;
}

/** The wire to one workspace. */
export interface BrazeHttp {
  /** Whether the key can stand in a header at all; with one that cannot, nothing may be sent. */
  readonly isKeySendable: boolean;
  /**
   * One exchange on the wire: the raw answer, or a short code for what prevented it.
   *
   * @throws Error only once it is closed
   */
  exchange(request: BrazeRequest): Promise<BrazeAnswer | string>;
  /** Waits for what is under way. */
  close(): Promise<void>;
}

/** Opens the way to one workspace. Nothing is connected before the first request. */
export function openBrazeHttp(options: BrazeHttpOptions): BrazeHttp {
  return new PooledHttp(options);
}

/**
 * The way to one workspace over pooled keep-alive connections. The key stands in private fields only: `inspect`, logs and
 * errors cannot reach it, and an answer that echoes it is cleaned before it is read. Open until it is closed, for good.
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

/** Codes of undici, as a person would say it. */
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

import type { IncomingMessage } from 'node:http';
import { badSyntax, overRateLimit, type Reply, tooLarge, wrongContentType } from './answers';
import type { Catalog } from './catalog';
import { listCustomAttributes } from './customAttributes';
import { isJson } from './http';
import type { Keys } from './keys';
import type { ProfileExport } from './profileExport';
import { type RateLimit, RateWindows } from './rateWindows';

export type ReadEndpoint = '/users/export/ids' | '/custom_attributes';

/** One request to a read endpoint. */
export interface ReadRequest {
  endpoint: ReadEndpoint;
  receivedAtMs: number;
  status: number;
  /** Requested identifiers, for `/users/export/ids`. */
  identifiers: number;
}

/** A received request to a read endpoint. */
interface ReceivedRead {
  endpoint: ReadEndpoint;
  request: IncomingMessage;
  /** Null: the body was too long. */
  body: Buffer | null;
  /** The origin of the emulator, for links. */
  origin: string;
}

/** Documented, for customers since August 2024. */
const EXPORT_LIMIT: RateLimit = { requests: 250, perSeconds: 60 };
/** Documented; shared with endpoints that are not emulated. */
const CATALOG_LIMIT: RateLimit = { requests: 1000, perSeconds: 3600 };

const METHODS: Record<ReadEndpoint, string> = { '/users/export/ids': 'POST', '/custom_attributes': 'GET' };
const PERMISSIONS: Record<ReadEndpoint, string> = {
  '/users/export/ids': 'users.export.ids',
  '/custom_attributes': 'custom_attributes.get',
};

/** The read endpoints. Each has its own permission and its own limit. */
export class ReadEndpoints {
  readonly #windows: Record<ReadEndpoint, RateWindows | null> = {
    '/users/export/ids': new RateWindows(EXPORT_LIMIT),
    '/custom_attributes': new RateWindows(CATALOG_LIMIT),
  };
  readonly #keys: Keys;
  readonly #export: ProfileExport;
  readonly #catalog: Catalog;

  constructor(keys: Keys, profileExport: ProfileExport, catalog: Catalog) {
    this.#keys = keys;
    this.#export = profileExport;
    this.#catalog = catalog;
  }

  /** Null: no limit. */
  setLimit(endpoint: ReadEndpoint, limit: RateLimit | null): void {
    this.#windows[endpoint] = limit && new RateWindows(limit);
  }

  /** The read endpoint of a request; null: none. */
  static endpointOf({ method, url = '' }: IncomingMessage): ReadEndpoint | null {
    const path = url.split('?')[0] as ReadEndpoint;
    return METHODS[path] === method ? path : null;
  }

  answer(read: ReceivedRead, nowMs: number): { reply: Reply; identifiers: number } {
    const { endpoint, request } = read;
    const refuse = (reply: Reply) => ({ reply, identifiers: 0 });
    const refusal = this.#keys.refusal(request.headers.authorization, PERMISSIONS[endpoint]);
    if (refusal !== null) return refuse(refusal);
    const rate = this.#windows[endpoint]?.take(nowMs);
    if (rate?.allowed === false) return refuse(overRateLimit(rate.headers));
    const answer = this.#answerAllowed(read);
    return { ...answer, reply: { ...answer.reply, headers: { ...answer.reply.headers, ...rate?.headers } } };
  }

  #answerAllowed({ endpoint, request, body, origin }: ReceivedRead) {
    if (endpoint === '/custom_attributes') {
      const url = URL.canParse(request.url ?? '', origin) ? new URL(request.url ?? '', origin) : null;
      return { reply: url === null ? badSyntax() : listCustomAttributes(this.#catalog, url), identifiers: 0 };
    }
    if (body === null) return { reply: tooLarge(), identifiers: 0 };
    if (!isJson(request.headers)) {
      return { reply: wrongContentType(), identifiers: 0 };
    }
    return this.#export.answer(body);
  }
}

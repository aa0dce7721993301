/** One request to `/users/track`, regardless of its result. */
export interface LoggedRequest {
  /** Counts from 1, in the order of arrival. */
  n: number;
  receivedAtMs: number;
  /** From the complete body to the answer; null while the request is unanswered. */
  latencyMs: number | null;
  /** 0: no answer (connection reset, hanging). */
  status: number;
  objects: number;
  /** Customers in the request; only with `requestLog: 'ids'`. */
  ids?: string[];
  /** Whether profiles were written. */
  applied: boolean;
  /** What replaced Braze's own answer: the kind of a fault, 'outage' or 'scripted'; otherwise null. */
  fault: string | null;
  requestId: string;
  /** Header `x-braze-bulk`. */
  bulk: string | null;
  userAgent: string | null;
}

/** Keeps at least the last `max` requests, and at most a quarter more. */
export class RequestLog {
  readonly #keepIds: boolean;
  readonly #max: number;
  readonly entries: LoggedRequest[] = [];
  #count = 0;

  constructor(keep: 'ids' | 'counts', max: number) {
    this.#keepIds = keep === 'ids';
    this.#max = max;
  }

  /** The number of all requests, including those no longer kept. */
  get count(): number {
    return this.#count;
  }

  open(request: Omit<LoggedRequest, 'n' | 'latencyMs' | 'status' | 'applied' | 'ids'>, ids: string[]): LoggedRequest {
    this.#count += 1;
    const entry: LoggedRequest = { n: this.#count, ...request, latencyMs: null, status: 0, applied: false };
    if (this.#keepIds) entry.ids = ids;
    this.entries.push(entry);
    // Rarely, and many at once: removing one at every request would move the whole array each time.
    if (this.entries.length > this.#max * 1.25) this.entries.splice(0, this.entries.length - this.#max);
    return entry;
  }

  /** The requests after number `n`, oldest first. */
  since(n: number, limit = Number.POSITIVE_INFINITY): LoggedRequest[] {
    const first = this.entries[0]?.n ?? 0;
    const from = Math.max(0, n + 1 - first);
    return this.entries.slice(from, from + limit);
  }

  /** Customers that the requests after number `n` contained more than once. */
  sentTwice(n = 0): string[] {
    const seen = new Set<string>();
    const twice = new Set<string>();
    for (const { ids = [] } of this.since(n)) {
      for (const id of ids) (seen.has(id) ? twice : seen).add(id);
    }
    return [...twice];
  }

  clear(): void {
    this.entries.length = 0;
    this.#count = 0;
  }
}

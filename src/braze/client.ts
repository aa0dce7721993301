import { type Budget, readBudget } from './budget';
import { openBrazeHttp, type BrazeHttpOptions } from './http';
import { renderRequest } from './packing';
import { type Answer, readAnswer, requestIdOf, UNSENDABLE_KEY } from './response';

export type BrazeClientOptions = Omit<BrazeHttpOptions, 'maxAnswerBytes'>;

/** Access to `/users/track` of one workspace. */
export interface BrazeClient {
  /**
   * Posts attribute objects (JSON texts) to `/users/track`. Every outcome on the network is an answer, never an error. A sent
   * request is never aborted, because Braze may have applied it.
   */
  track(objects: readonly string[]): Promise<TrackAnswer>;
  /** Waits for requests in flight. */
  close(): Promise<void>;
}

/** With Braze's `x-request-id`, which its support asks for, and what it says of the budget. */
export type TrackAnswer = Answer & { requestId: string | null; budget: Budget | null };

/** Far above 75 errors. */
const MAX_ANSWER_BYTES = 1_000_000;

/** A client of one workspace for sending. */
export function createBrazeClient(options: BrazeClientOptions): BrazeClient {
  const http = openBrazeHttp({ ...options, maxAnswerBytes: MAX_ANSWER_BYTES });
  return {
    async track(objects) {
      if (!http.isKeySendable) return { ...UNSENDABLE_KEY, requestId: null, budget: null };
      const raw = await http.exchange({
        method: 'POST',
        path: '/users/track',
        body: renderRequest(objects),
        // Marks the traffic as bulk; documented in 2021, still required of partners.
        headers: { 'x-braze-bulk': 'true' },
      });
      if (typeof raw === 'string') return { kind: 'transient', code: raw, requestId: null, budget: null };
      const nowMs = Date.now();
      const answer = readAnswer({ ...raw, sent: objects.length, nowMs });
      return { ...answer, requestId: requestIdOf(raw.headers), budget: readBudget(raw.headers, nowMs) };
    },
    close: () => http.close(),
  };
}

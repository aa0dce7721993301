import type { BrazeClient } from '../braze/client';
import type { OutgoingRow, PackedRequest } from '../braze/packing';
import type { Misconfigured, Transient } from '../braze/response';
import { sendObjects, type SendHooks } from '../braze/send';
import type { SendableRow } from '../ledger/outbox';
import type { Receipt } from '../ledger/receipts';
import type { Progress } from '../types/progress';
import { knownWait } from './knownWait';
import type { OutageTracker } from './outageTracker';
import type { RateLimiter } from './rateLimiter';
import { RequestOutcomes } from './requestOutcomes';
import type { SuppressionFilter } from './suppressionFilter';

/** First and longest wait after a transient failure; a 429 without a reset begins here too. */
const FIRST_BACKOFF_MS = 250;
export const LONGEST_BACKOFF_MS = 30_000;

/** After this many 2xx in a row that are not from Braze, over a minute or more, waiting will not help. */
const UNEXPECTED_ANSWERS = 10;

/** What the requests of one chunk share. */
export interface RequestContext {
  client: Pick<BrazeClient, 'track'>;
  rateLimiter: Pick<RateLimiter, 'take' | 'postpone' | 'observe'>;
  chunk: number;
  /** Aborted when no new request may start. What is in flight is waited for. */
  stop: AbortSignal;
  /** Throws when this attempt may no longer send. */
  assertFresh(): Promise<void>;
  /** Leaves out customers who were suppressed since the rows were read. */
  suppression: Pick<SuppressionFilter, 'without'>;
  outage: Pick<OutageTracker, 'failed' | 'answered'>;
  progress: Pick<Progress, 'mark'>;
}

export type RequestEnd =
  /** Every row is decided. */
  | { kind: 'decided'; receipts: Receipt[] }
  /** Stopped: `receipts` cover what was decided by then. `lost` when an answer never came. */
  | { kind: 'stopped'; receipts: Receipt[]; lost: boolean }
  /** Braze refuses the key or the address. */
  | { kind: 'misconfigured'; receipts: Receipt[]; lost: boolean; problem: Misconfigured };

/**
 * Sends one request until every row of it is decided: transient failures, 429 and 5xx are retried without limit. A request whose
 * answer was lost is sent again with the same objects; plain values make that harmless.
 *
 * @throws what `assertFresh`, the suppression filter or the rate limiter throws, unless stopped
 */
export async function sendRequest(request: PackedRequest<SendableRow>, context: RequestContext): Promise<RequestEnd> {
  const { client, stop, outage, progress, rateLimiter } = context;
  const outcomes = new RequestOutcomes(request);
  const hooks = hooksOf(context);
  let rows: readonly OutgoingRow[] = request.objects;
  let lost = false;
  let unexpected = 0;
  for (let attempt = 1; ; attempt += 1) {
    const delivery = await sendObjects(client, rows, stop, hooks);
    outcomes.add(delivery);
    rows = delivery.undecided;
    const failure = delivery.stop;
    if (failure === null) {
      outage.answered();
      return { kind: 'decided', receipts: [outcomes.wholeReceipt()] };
    }
    if (failure.kind === 'configuration') {
      return { kind: 'misconfigured', receipts: outcomes.partialReceipts(), lost, problem: failure };
    }
    if (failure.kind === 'transient') {
      lost = true;
      unexpected = failure.unexpected ? unexpected + 1 : 0;
      if (unexpected === UNEXPECTED_ANSWERS) {
        return { kind: 'misconfigured', receipts: outcomes.partialReceipts(), lost, problem: notBraze(failure) };
      }
      outage.failed(`Braze ${failure.code}`);
      await knownWait(backoffMs(attempt), stop, progress);
    } else if (failure.kind === 'rate-limited') {
      outage.failed('Braze 429');
      await rateLimiter.postpone(failure.afterMs ?? backoffMs(attempt));
    }
    if (stop.aborted) return { kind: 'stopped', receipts: outcomes.partialReceipts(), lost };
  }
}

/** What is asked around every HTTP request. */
function hooksOf(context: RequestContext): SendHooks {
  const { rateLimiter, stop, chunk, suppression, progress } = context;
  let slot = 0;
  return {
    beforeRequest: async () => {
      slot = await rateLimiter.take(stop, chunk, progress);
    },
    afterAnswer: ({ budget }) => {
      // After every answer: an outage is a wait with a known cause.
      progress.mark();
      if (budget !== null) rateLimiter.observe(slot, budget);
    },
    stillWanted: async (objects) => {
      const wanted = await suppression.without(objects);
      // Last of all: any wait before it may have outlasted the claim.
      await context.assertFresh();
      return wanted;
    },
  };
}

function notBraze({ code }: Transient): Misconfigured {
  return {
    kind: 'configuration',
    problem: 'unexpected-answer',
    message: `restEndpoint returned ${UNEXPECTED_ANSWERS} successes in a row that are not from Braze (${code}): check that no proxy answers in its place`,
  };
}

/** Full jitter: many requests fail together and must not retry together. */
function backoffMs(attempt: number): number {
  return Math.random() * Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(attempt, 20));
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { BrazeClient } from '../braze/client';
import type { OutgoingRow, PackedRequest } from '../braze/packing';
import type { Misconfigured, Transient } from '../braze/response';
import { sendObjects } from '../braze/send';
import type { SendableRow } from '../ledger/outbox';
import type { Receipt } from '../ledger/receipts';
import type { OutageTracker } from './outageTracker';
import type { RateLimiter } from './rateLimiter';
import type { SuppressionFilter } from './suppressionFilter';

/** First and longest wait after a transient failure; a 429 without a reset begins here too. */
const FIRST_BACKOFF_MS = 250;
const LONGEST_BACKOFF_MS = 30_000;

/** So many 2xx in a row without a word of success, over a minute or more: waiting mends that no longer. */
const UNEXPECTED_ANSWERS = 10;

export interface RequestContext {
  client: BrazeClient;
  rateLimiter: RateLimiter;
  chunk: number;
  /** Aborted when no new request may start. What is in the air is waited for. */
  stop: AbortSignal;
  /** Throws when this attempt may no longer send. */
  assertFresh(): Promise<void>;
  /** Who was forgotten since the rows were read. */
  suppression: Pick<SuppressionFilter, 'without'>;
  outage: OutageTracker;
}

export type RequestEnd =
  /** Every object is outcomes. */
  | { kind: 'decided'; receipts: Receipt[] }
  /** Stopped: `receipts` cover what was decided by then. `lost` when an answer never came. */
  | { kind: 'stopped'; receipts: Receipt[]; lost: boolean }
  /** Braze refuses the key or the address. */
  | { kind: 'misconfigured'; receipts: Receipt[]; lost: boolean; problem: Misconfigured };

/**
 * Sends one request and stays with it until every object is decided: transient failures, 429 and 5xx are waited out without
 * limit. A request whose answer was lost is sent again with the same objects; plain values make that harmless.
 */
export async function sendRequest(request: PackedRequest<SendableRow>, context: RequestContext): Promise<RequestEnd> {
  const outcomes: Outcomes = { accepted: new Set(), refused: new Map(), requests: 0, requestIds: [] };
  let rows: readonly OutgoingRow[] = request.objects;
  let lost = false;
  let slot = 0;
  let unexpected = 0;
  for (let attempt = 1; ; attempt += 1) {
    const delivery = await sendObjects(context.client, rows, context.stop, {
      beforeRequest: async () => {
        slot = await context.rateLimiter.take(context.stop, context.chunk);
      },
      afterAnswer: ({ budget }) => budget !== null && context.rateLimiter.observe(slot, budget),
      stillWanted: async (objects) => {
        const wanted = await context.suppression.without(objects);
        // Last of all: any wait before it may have outlasted the claim.
        await context.assertFresh();
        return wanted;
      },
    });
    outcomes.requests += delivery.requests;
    outcomes.requestIds.push(...delivery.requestIds);
    for (const seq of delivery.accepted) outcomes.accepted.add(seq);
    for (const { seq, words } of delivery.rejected) outcomes.refused.set(seq, words);
    rows = delivery.undecided;
    const { stop } = delivery;
    if (stop === null) {
      context.outage.answered();
      return { kind: 'decided', receipts: [wholeReceipt(request, outcomes)] };
    }
    if (stop.kind === 'configuration') {
      return { kind: 'misconfigured', receipts: partialReceipts(request, outcomes), lost, problem: stop };
    }
    if (stop.kind === 'transient') {
      lost = true;
      unexpected = stop.unexpected ? unexpected + 1 : 0;
      if (unexpected === UNEXPECTED_ANSWERS) {
        return {
          kind: 'misconfigured',
          receipts: partialReceipts(request, outcomes),
          lost,
          problem: notBraze(stop),
        };
      }
      context.outage.failed(`Braze ${stop.code}`);
      await pauseUnless(context.stop, backoffMs(attempt));
    } else if (stop.kind === 'rate-limited') {
      context.outage.failed('Braze 429');
      await context.rateLimiter.postpone(stop.afterMs ?? backoffMs(attempt));
    }
    if (context.stop.aborted) return { kind: 'stopped', receipts: partialReceipts(request, outcomes), lost };
  }
}

function notBraze({ code }: Transient): Misconfigured {
  return {
    kind: 'configuration',
    problem: 'unexpected-answer',
    message: `restEndpoint has answered ${UNEXPECTED_ANSWERS} times in a row with a success that is not Braze's (${code}): check that no proxy answers in its place`,
  };
}

interface Outcomes {
  accepted: Set<number>;
  refused: Map<number, string>;
  requests: number;
  requestIds: string[];
}

/** Full jitter: many requests fail together and must not come back together. */
function backoffMs(attempt: number): number {
  return Math.random() * Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(attempt, 20));
}

async function pauseUnless(stop: AbortSignal, ms: number): Promise<void> {
  await sleep(ms, undefined, { signal: stop }).catch(() => undefined);
}

function wholeReceipt(request: PackedRequest<SendableRow>, outcomes: Outcomes): Receipt {
  return {
    fromSeq: request.fromSeq,
    toSeq: request.toSeq,
    requests: outcomes.requests,
    requestIds: outcomes.requestIds,
    accepted: outcomes.accepted.size,
    valuesSent: valuesOf(request.objects, outcomes.accepted),
    refused: [...outcomes.refused].map(([seq, words]) => ({ seq, words })),
  };
}

/** Receipts of the stretches of a split request that were decided before it was stopped. */
function partialReceipts(request: PackedRequest<SendableRow>, outcomes: Outcomes): Receipt[] {
  const receipts: Receipt[] = [];
  let { requests, requestIds } = outcomes;
  let open: Receipt | null = null;
  for (const { seq, valueCount } of request.objects) {
    const words = outcomes.refused.get(seq);
    if (!outcomes.accepted.has(seq) && words === undefined) {
      open = null;
      continue;
    }
    if (open === null || open.toSeq !== seq - 1) {
      open = { fromSeq: seq, toSeq: seq, requests, requestIds, accepted: 0, valuesSent: 0, refused: [] };
      // What the request has cost counts once, with its first stretch.
      [requests, requestIds] = [0, []];
      receipts.push(open);
    }
    open.toSeq = seq;
    if (words === undefined) {
      open.accepted += 1;
      open.valuesSent += valueCount;
    } else open.refused.push({ seq, words });
  }
  return receipts;
}

function valuesOf(objects: readonly SendableRow[], accepted: ReadonlySet<number>): number {
  let sum = 0;
  for (const { seq, valueCount } of objects) if (accepted.has(seq)) sum += valueCount;
  return sum;
}

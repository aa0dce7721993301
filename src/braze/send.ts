import type { BrazeClient, TrackAnswer } from './client';
import type { OutgoingRow } from './packing';
import { redactValues } from './redact';
import type { Answer, Misconfigured, RateLimited, RefusedObject, Transient } from './response';

type Stop = Misconfigured | RateLimited | Transient | { kind: 'aborted' };

/**
 * What happened to a request's objects. Every wanted object is in exactly one of `accepted`, `rejected`, `undecided`. While
 * `undecided` has any, `stop` says why, and the caller later sends only those again.
 */
export interface Delivery {
  accepted: number[];
  /** Braze's message, free of values. */
  rejected: { seq: number; message: string }[];
  undecided: OutgoingRow[];
  stop: Stop | null;
  /** HTTP requests made. */
  requests: number;
  requestIds: string[];
}

/** What the caller does around each HTTP request. */
export interface SendHooks {
  /** Awaited before every HTTP request, including those of a split: the rate limit. Its errors propagate, unless aborted. */
  beforeRequest?: () => Promise<void>;
  /** Called with every answer, before it is judged. */
  afterAnswer?: (answer: TrackAnswer) => void;
  /** Called last before every HTTP request: the objects that may still be sent. The others appear in no list. */
  stillWanted?: (objects: readonly OutgoingRow[]) => Promise<readonly OutgoingRow[]>;
}

/**
 * Sends objects as one request and determines the outcome of each: a request that is refused or too large is split until the
 * invalid object is alone, and an object that Braze did not account for is sent once more alone. One request at a time, at most
 * 2n − 1 for n objects, because every repeat is a smaller group. `signal` is checked before each request.
 */
export async function sendObjects(
  client: Pick<BrazeClient, 'track'>,
  objects: readonly OutgoingRow[],
  signal: AbortSignal,
  { beforeRequest, stillWanted, afterAnswer }: SendHooks = {},
): Promise<Delivery> {
  const delivery: Delivery = { accepted: [], rejected: [], undecided: [], stop: null, requests: 0, requestIds: [] };
  let groups: OutgoingRow[][] = objects.length === 0 ? [] : [[...objects]];

  const stopped = (stop: Stop): Delivery => ({ ...delivery, undecided: groups.flat(), stop });

  for (let asked = groups[0]; asked !== undefined; asked = groups[0]) {
    let group: readonly OutgoingRow[] = asked;
    try {
      signal.throwIfAborted();
      await beforeRequest?.();
      if (stillWanted !== undefined) group = await stillWanted(asked);
      signal.throwIfAborted();
    } catch (error) {
      // Return, do not throw: the results of this request's earlier parts must reach its receipt.
      if (signal.aborted) return stopped({ kind: 'aborted' });
      throw error;
    }
    if (group.length === 0) {
      groups = groups.slice(1);
      continue;
    }
    const answer = await client.track(group.map(({ body }) => body));
    delivery.requests += 1;
    afterAnswer?.(answer);

    const outcome = readOutcome(group, answer);
    if ('stop' in outcome) return stopped(outcome.stop);
    // Only of answers that decided something: an outage could add answers without end.
    if (answer.requestId !== null) delivery.requestIds.push(answer.requestId);
    delivery.accepted.push(...outcome.accepted);
    delivery.rejected.push(...outcome.rejected);
    groups = [...outcome.again, ...groups.slice(1)];
  }
  return delivery;
}

type RequestOutcome = Pick<Delivery, 'accepted' | 'rejected'> & { again: OutgoingRow[][] };

/** What an answer says about the objects of its group, and which smaller groups are to be sent next. */
function readOutcome(group: readonly OutgoingRow[], answer: Answer): RequestOutcome | { stop: Stop } {
  switch (answer.kind) {
    case 'answered': {
      const { rejected, rest } = partition(group, answer.rejected);
      if (answer.unknown.length === 0) return { accepted: rest.map(({ seq }) => seq), rejected, again: [] };
      // Alone and still not counted: another attempt would not change that, and it must not count as synced.
      if (group.length === 1) return isolate(group, 'Braze accepted the request without counting this object');
      const unknown = new Set(answer.unknown.map((index) => group[index]));
      const counted = rest.filter((row) => !unknown.has(row));
      return {
        accepted: counted.map(({ seq }) => seq),
        rejected,
        again: rest.filter((row) => unknown.has(row)).map((row) => [row]),
      };
    }
    case 'refused': {
      if (answer.rejected.length === 0) return isolate(group, answer.message);
      const { rejected, rest } = partition(group, answer.rejected);
      return { accepted: [], rejected, again: rest.length === 0 ? [] : [rest] };
    }
    case 'too-large':
      return isolate(group, 'The object is too large for Braze (413)', middleByBytes(group));
    default:
      return { stop: answer };
  }
}

/** Splits a group in halves until the invalid object is alone. */
function isolate(group: readonly OutgoingRow[], message: string, middle = Math.ceil(group.length / 2)): RequestOutcome {
  if (group.length === 1)
    return { accepted: [], rejected: partition(group, [{ index: 0, message }]).rejected, again: [] };
  return { accepted: [], rejected: [], again: [group.slice(0, middle), group.slice(middle)] };
}

/** Where to split a group into two parts of about the same size, each with at least one object. */
function middleByBytes(group: readonly OutgoingRow[]): number {
  const half = group.reduce((sum, { body }) => sum + body.length, 0) / 2;
  let length = 0;
  const middle = group.findIndex(({ body }) => (length += body.length) > half);
  return Math.min(Math.max(middle, 1), group.length - 1);
}

function partition(
  group: readonly OutgoingRow[],
  refused: readonly RefusedObject[],
): { rejected: Delivery['rejected']; rest: OutgoingRow[] } {
  const messages = new Map(refused.map(({ index, message }) => [index, message]));
  const rejected: Delivery['rejected'] = [];
  const rest: OutgoingRow[] = [];
  group.forEach((row, index) => {
    const message = messages.get(index);
    if (message === undefined) rest.push(row);
    else rejected.push({ seq: row.seq, message: redactValues(message, row.body) });
  });
  return { rejected, rest };
}

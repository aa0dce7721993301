import {
  badGateway,
  emptyObject,
  gatewayTimeout,
  internalError,
  overRateLimit,
  queued,
  type Reply,
  serviceUnavailable,
  success,
  unavailable,
  withErrors,
} from './answers';
import type { Fault } from './faults';
import type { BodyVerdict, Write } from './judgeBody';
import { rateHeaders, type RateLimit } from './rateWindows';

/** What happens instead of Braze's own answer. */
export interface FaultyAnswer {
  reply: Reply | null;
  /** `truncate`: half of the reply's body, then the connection is closed. */
  end: 'send' | 'reset' | 'hang' | 'truncate';
  /** The writes that are applied anyway. */
  writes: Write[];
}

/** Applies a fault to a request that would have got this verdict. The unusual successes do not change a refusal. */
export function applyFault(fault: Fault, verdict: BodyVerdict, limit: RateLimit, nowMs: number): FaultyAnswer {
  const { writes } = verdict;
  const answers = (reply: Reply, applied: Write[] = []): FaultyAnswer => ({ reply, end: 'send', writes: applied });
  const oddly = (reply: Reply, applied = writes) => answers(writes.length === 0 ? verdict.reply : reply, applied);
  switch (fault.kind) {
    case '429': {
      const resetAtMs = nowMs + fault.retryAfterSeconds * 1000;
      return answers(overRateLimit(rateHeaders(limit, { remaining: 0, resetAtMs, nowMs, allowed: false })));
    }
    case '500':
      return answers(internalError());
    case '503':
      return answers(serviceUnavailable());
    case '504':
      return answers(gatewayTimeout());
    case 'html-502':
      return answers(badGateway());
    case 'empty-503':
      return answers(unavailable());
    case 'reset':
    case 'reset-before':
      return { reply: null, end: 'reset', writes: [] };
    case 'reset-after-apply':
      return { reply: null, end: 'reset', writes };
    case 'hang':
      return { reply: null, end: 'hang', writes: [] };
    case 'truncated':
      return { reply: verdict.reply, end: 'truncate', writes };
    case 'queued-202':
      return oddly(queued());
    case 'empty-201':
      return oddly(emptyObject());
    case 'errors-null':
      return oddly(withErrors(success(writes.length, []), null));
    case 'errors-strings': {
      const taken = writes.slice(0, -1);
      return oddly(withErrors(success(taken.length, []), ['minor error message']), taken);
    }
  }
}

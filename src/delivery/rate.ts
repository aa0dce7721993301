import type { Rate } from '../ledger/rateSlots';
import type { WorkspaceSettings } from '../types/settings';

/**
 * The rate that keeps a workspace's budget: over any window, rate × seconds + burst stays one part in a hundred below it,
 * which is what 30 ms of jitter can move at 1,000 requests a second. Default budget: 985/s with a burst of 15.
 */
export function toRate({ requests, perSeconds, share, requestsPerHour }: WorkspaceSettings['rateLimit']): Rate {
  const budget = requests * share;
  const burst = Math.max(1, budget * 0.005);
  return {
    perSecond: Math.max((budget * 0.99 - burst) / perSeconds, 0.5 / perSeconds),
    burst,
    ...(requestsPerHour === undefined ? {} : { perHour: Math.max(1, Math.floor(requestsPerHour * share * 0.99)) }),
  };
}

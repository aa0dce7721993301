/**
 * What keeps two senders apart, in one place: `test/types/sendingTimes.test.ts` states how these hang together (architecture.md,
 * "What keeps two senders apart").
 */
export const SENDING = {
  /** No new request when the chunk's claim was renewed longer ago than this. */
  renewalGoodForMs: 5_000,
  /** A request to Braze without an answer times out after this long. */
  requestTimeoutMs: 10_000,
  /** A claim or lease that was not released may be taken over this long after its last renewal. */
  takeOverAfterMs: 15_000,
  /** Temporal gives a task to another worker when no heartbeat has come for this long. */
  heartbeatTimeoutMs: 20_000,
  /** Objects in one request to `/users/track`: the most that one request in flight can have carried (Braze: API limits, "User track"). */
  objectsPerRequest: 75,
} as const;

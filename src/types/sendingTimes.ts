/**
 * The times that keep two senders apart and detect one that hangs, in one place: `test/types/sendingTimes.test.ts` states the
 * inequalities between these (architecture.md, "What keeps two senders apart").
 */
export const SENDING = {
  /** No new request when the chunk's claim was renewed longer ago than this. */
  renewalGoodForMs: 5_000,
  /** A request to Braze without an answer times out after this long. */
  requestTimeoutMs: 10_000,
  /** A claim or lease that was not released may be taken over this long after its last renewal. */
  takeOverAfterMs: 15_000,
  /** Temporal gives a task to another worker when no heartbeat has arrived for this long. */
  heartbeatTimeoutMs: 20_000,
  /** An activity that has marked no progress for this long counts as hung: it stops heartbeating, and another attempt begins (decision 023). */
  progressLimitMs: 900_000,
  /** The longest step without a mark: the tenant's database cancels a statement that takes longer. */
  tenantStatementTimeoutMs: 600_000,
  /**
   * Objects in one request to `/users/track`: the most that one request in flight can carry (Braze: API limits, "User track").
   */
  objectsPerRequest: 75,
} as const;

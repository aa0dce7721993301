import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities';
import { SENDING } from '../types/sendingTimes';

/** Unlimited attempts: a transient failure is retried until it succeeds, and the end of an outage is noticed within 30 s. */
const retry = { initialInterval: '1 second', maximumInterval: '30 seconds' } as const;

/**
 * Every activity heartbeats: when its worker is gone, another gets it after this time, not after its start-to-close timeout.
 */
const heartbeatTimeout = SENDING.heartbeatTimeoutMs;

/** Ledger work: quick, idempotent, and failing only while Postgres is unavailable. */
export const { openRun, giveBackWorkspace, noteState, judgeRun, prepareRun } = proxyActivities<Activities>({
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout,
  retry,
});

/**
 * One check each attempt; "not yet" is a failure with its own delay, so waiting holds no slot and writes no history. A check
 * that has begun is waited for: a lease granted to a run that no longer listens would block every other run. A takeover closes
 * the run before, which may be a long one.
 */
export const { waitForModelRun, askForLease, waitForLease } = proxyActivities<Activities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout,
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry,
});

/** Page by page and request by request, as long as it takes. */
export const { extractChanges, postChunk, closeRun } = proxyActivities<Activities>({
  startToCloseTimeout: '30 days',
  heartbeatTimeout,
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry,
});

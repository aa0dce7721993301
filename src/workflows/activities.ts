import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities';
import { SENDING } from '../types/sendingTimes';

/** Transient trouble is waited out for as long as it takes; half a minute is how late a run may notice that it is over. */
const retry = { initialInterval: '1 second', maximumInterval: '30 seconds' } as const;

/** Every activity beats: what was handed to a worker that is gone is handed to another after this, not after the longest it may take. */
const heartbeatTimeout = SENDING.heartbeatTimeoutMs;

/** Ledger work: quick, idempotent, and wrong only while Postgres is away. */
export const { openRun, giveBackWorkspace, noteState, judgeRun, prepareRun } = proxyActivities<Activities>({
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout,
  retry,
});

/**
 * One look each attempt; "not yet" is a failure with its own delay, so waiting holds no slot and writes no history. A look
 * that was begun is waited for: a lease granted to a run that has stopped listening would block everybody else. Taking over
 * closes the run before, which may be a long one.
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

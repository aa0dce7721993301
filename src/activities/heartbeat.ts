import { heartbeat } from '@temporalio/activity';

/** Often enough that a stop arrives within the worker's heartbeat throttle (half a second). */
const EVERY_MS = 250;

/**
 * Beats while work goes on. A timer may do it because nothing in here can hang unseen: every query and every request has
 * a limit of its own, and progress is in the ledger, not in heartbeats. A beat also fetches a stop that was asked for.
 */
export async function withHeartbeat<T>(work: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => heartbeat(), EVERY_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

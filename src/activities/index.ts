import { activityInfo } from '@temporalio/activity';
import type { DeliveryDeps } from '../delivery/deliveryDeps';
import { createInFlightLimiters } from '../delivery/inFlightLimiter';
import { createRateLimiters } from '../delivery/rateLimiter';
import { setWaitingFor } from '../ledger/runState';
import type { Progress } from '../types/progress';
import { closeRun } from './closeRun';
import type { Deps } from './dependencies';
import { extractChanges } from './extractChanges';
import { toFailure } from './failure';
import { withHeartbeat } from './heartbeat';
import { judgeRun } from './judgeRun';
import { askForLease, giveBackWorkspace, waitForLease } from './leases';
import { noteState } from './noteState';
import { openRun } from './openRun';
import { postChunk } from './postChunk';
import { prepareRun } from './prepareRun';
import { waitForModelRun } from './waitForModelRun';

/** The activities of a worker, one file per step. `failure.ts` turns every error into a failure that Temporal may store. */
export function createActivities(deps: Deps) {
  const deliveryDeps: Deps & DeliveryDeps = {
    ...deps,
    rateLimiter: createRateLimiters(deps.ledger),
    inFlightLimiter: createInFlightLimiters(),
  };
  return {
    openRun: bound(deps, openRun),
    waitForModelRun: bound(deps, waitForModelRun),
    askForLease: bound(deps, askForLease),
    waitForLease: bound(deps, waitForLease),
    prepareRun: bound(deps, prepareRun),
    extractChanges: bound(deps, extractChanges),
    judgeRun: bound(deps, judgeRun),
    postChunk: bound(deliveryDeps, postChunk),
    giveBackWorkspace: bound(deps, giveBackWorkspace),
    noteState: bound(deps, noteState),
    closeRun: bound(deps, closeRun),
  };
}

export type Activities = ReturnType<typeof createActivities>;

/** A step of a run: its dependencies, its input, and how it reports progress. */
type Step<D, Input, Output> = (deps: D, input: Input, progress: Progress) => Promise<Output>;

/**
 * Adds dependencies and heartbeats to a step, and turns its errors into failures. While the step is retried, the run's row says
 * what it waits for.
 */
function bound<D extends Deps, Input extends object, Output>(
  deps: D,
  step: Step<D, Input, Output>,
): (input: Input) => Promise<Output> {
  return async (input) => {
    const run = 'run' in input && typeof input.run === 'number' ? input.run : null;
    try {
      const output = await withHeartbeat((progress) => step(deps, input, progress));
      if (run !== null && activityInfo().attempt > 1)
        await setWaitingFor(deps.ledger, run, null).catch(() => undefined);
      return output;
    } catch (error) {
      const failure = toFailure(error);
      if (run !== null && 'type' in failure && failure.type === 'Waiting') {
        deps.log.warn({ run, activity: activityInfo().activityType }, failure.message);
        await setWaitingFor(deps.ledger, run, failure.message).catch(() => undefined);
      }
      throw failure;
    }
  };
}

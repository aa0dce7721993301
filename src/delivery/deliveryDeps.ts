import type { Rate } from '../ledger/rateSlots';
import type { EngineDeps } from '../planning/engineDeps';
import type { InFlightLimiter } from './inFlightLimiter';
import type { RateLimiter } from './rateLimiter';

/** What delivery needs in addition to the engine's dependencies: limits that all chunks of one process share. */
export interface DeliveryDeps extends EngineDeps {
  /** The one limiter of a workspace in this process. `rate` applies to all its chunks from now on. */
  rateLimiter(workspaceId: number, rate: Rate): RateLimiter;
  /** The one limiter of a run in this process. `share`: requests that each of its chunks may have in flight in any case. */
  inFlightLimiter(run: number, share: number): InFlightLimiter;
}

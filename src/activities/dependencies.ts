import type { Logger } from 'pino';
import type { Notifier } from '../notices/sendNotice';
import type { EngineDeps } from '../planning/engineDeps';

/** What leases need to know from Temporal. */
interface WorkflowLookup {
  /** Whether the run is still open, in its first execution or in one that continued it. */
  isOpen(run: { namespace: string; workflowId: string; firstRunId: string }): Promise<boolean>;
}

/** What the activities need; the worker assembles it. */
export interface Deps extends EngineDeps {
  workflows: WorkflowLookup;
  notifier: Notifier;
  /** Whether SyncName and SyncState are registered with Temporal. */
  searchAttributes: boolean;
  log: Logger;
}

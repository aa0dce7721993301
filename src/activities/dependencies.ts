import type { Logger } from 'pino';
import type { Notifier } from '../notices/sendNotice';
import type { EngineDeps } from '../planning/engineDeps';

/** Temporal seen from outside, for leases. */
interface WorkflowLookup {
  /** Whether the run that began as this execution is still open, over every execution that continued it. */
  isOpen(run: { namespace: string; workflowId: string; firstRunId: string }): Promise<boolean>;
}

/** What the activities need; the worker puts it together. */
export interface Deps extends EngineDeps {
  workflows: WorkflowLookup;
  notifier: Notifier;
  /** Whether Temporal knows SyncName and SyncState. */
  searchAttributes: boolean;
  log: Logger;
}

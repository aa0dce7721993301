import type { Logger } from 'pino';
import type { BrazeClient } from '../braze/client';
import type { Ledger } from '../ledger/open';
import type { Configuration } from '../planning/configuration';
import type { TenantStore } from '../tenant/store';
import type { NoticeFacts } from '../types/notice';
import type { SyncSettings } from '../types/settings';

/** Temporal seen from outside, for leases. */
export interface WorkflowLookup {
  /** Whether the run that began as this execution is still open, over every execution that continued it. */
  isOpen(run: { namespace: string; workflowId: string; firstRunId: string }): Promise<boolean>;
}

/** What the activities need; the worker puts it together. */
export interface Deps {
  ledger: Ledger;
  /** Reads the config file as it is now; throws {@link InvalidConfiguration}. */
  readConfiguration(): Configuration;
  /** Names what decides a customer's outgoing values; `types` by attribute name. */
  fingerprint(settings: SyncSettings, types: Readonly<Record<string, string>>): string;
  /** One pool a URL, kept. */
  tenant(url: string): TenantStore;
  /** One pool an endpoint and key, kept. */
  braze(endpoint: string, apiKey: string): BrazeClient;
  workflows: WorkflowLookup;
  /**
   * How the people of a sync are told of its runs, as the config says now; null: not at all. Gives a short code when a notice
   * did not arrive, and never rejects. The address stays with whoever made it.
   */
  notifier: (sync: string) => ((facts: NoticeFacts) => Promise<string | null>) | null;
  /** Whether Temporal knows SyncName and SyncState. */
  searchAttributes: boolean;
  log: Logger;
}

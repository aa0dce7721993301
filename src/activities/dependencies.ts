import type { Logger } from 'pino';
import type { BrazeClient } from '../braze/client';
import type { Ledger } from '../ledger/open';
import type { TenantStore } from '../tenant/store';
import type { NoticeFacts, SyncSettings } from '../types/workflow';

/** A secret and where it came from: what a process took from its environment changes only when it is started again. */
export interface SecretValue {
  value: string;
  from: 'environment' | 'dotenv' | 'file' | 'config';
}

/** The config file as the activities see it. Secrets come out only when asked for by name. */
export interface Configuration {
  syncs: Readonly<Record<string, SyncSettings>>;
  /** How long the ledger keeps what only serves to look back. */
  ledger: { retentionMs: number };
  apiKey(workspace: string): SecretValue;
  sourceUrl(source: string): SecretValue;
}

/** The config file is missing or wrong. The message names the first problem and how many more there are. */
export class InvalidConfiguration extends Error {
  override readonly name = 'InvalidConfiguration';
}

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

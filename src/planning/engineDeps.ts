import type { BrazeClient } from '../braze/client';
import type { Ledger } from '../ledger/open';
import type { TenantStore } from '../tenant/store';
import type { SyncSettings } from '../types/settings';
import type { Configuration } from './configuration';

/** What the engine (planning, extraction, delivery) works with; its caller provides it. */
export interface EngineDeps {
  ledger: Ledger;
  /** The current config file. @throws InvalidConfiguration when it is missing or wrong */
  readConfiguration(): Configuration;
  /** Identifies everything that decides a customer's outgoing values; `types` by attribute name. */
  fingerprint(settings: SyncSettings, types: Readonly<Record<string, string>>): string;
  /** One pool per URL, reused. */
  tenant(url: string): TenantStore;
  /** One pool per endpoint and key, reused. */
  braze(endpoint: string, apiKey: string): BrazeClient;
}

import type { BrazeClient } from '../braze/client';
import type { Ledger } from '../ledger/open';
import type { TenantStore } from '../tenant/store';
import type { SyncSettings } from '../types/settings';
import type { Configuration } from './configuration';

/** What the engine (planning, extraction, delivery) works with; its caller provides it. */
export interface EngineDeps {
  ledger: Ledger;
  /** The config file as it is now. @throws InvalidConfiguration when it is missing or wrong */
  readConfiguration(): Configuration;
  /** Names what decides a customer's outgoing values; `types` by attribute name. */
  fingerprint(settings: SyncSettings, types: Readonly<Record<string, string>>): string;
  /** One pool a URL, kept. */
  tenant(url: string): TenantStore;
  /** One pool an endpoint and key, kept. */
  braze(endpoint: string, apiKey: string): BrazeClient;
}

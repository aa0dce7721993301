import type { SyncSettings, WorkspaceSettings } from '../types/settings';
import type { Secret } from './secret';

/** The config file, checked and complete. Secrets are behind functions, so that no log, error or JSON contains one. */
export interface Config {
  /** As it was named on the command line. */
  path: string;
  temporal: { address: string; namespace: string; taskQueue: string };
  ledger: { retentionMs: number };
  workspaces: Readonly<Record<string, WorkspaceSettings>>;
  /** Names only; a URL contains a password. */
  sources: readonly string[];
  syncs: Readonly<Record<string, SyncSettings>>;
  ledgerUrl(): Secret | 'embedded';
  /** @throws ConfigError when its variable is missing, which `need: 'when-used'` allows until here. */
  apiKey(workspace: string): Secret;
  /** @throws ConfigError as above. */
  sourceUrl(source: string): Secret;
  /** Where notifications of a sync are posted; null: nowhere. @throws ConfigError as above. */
  webhook(sync: string): Secret | null;
}

import type { SyncSettings, WorkspaceSettings } from '../types/settings';
import type { Secret } from './secret';

/** The config file, checked and complete. Holds no secret where a log, an error or JSON could find it: they are asked for. */
export interface Config {
  /** As it was named on the command line. */
  path: string;
  temporal: { address: string; namespace: string; taskQueue: string };
  ledger: { retentionMs: number };
  workspaces: Readonly<Record<string, WorkspaceSettings>>;
  /** Names only; an address holds a password. */
  sources: readonly string[];
  syncs: Readonly<Record<string, SyncSettings>>;
  ledgerUrl(): Secret | 'embedded';
  /** @throws ConfigError when its variable is missing, which `need: 'when-used'` lets pass until here. */
  apiKey(workspace: string): Secret;
  /** @throws ConfigError as above. */
  sourceUrl(source: string): Secret;
  /** Where notices of a sync are posted; null: nowhere. @throws ConfigError as above. */
  webhook(sync: string): Secret | null;
}

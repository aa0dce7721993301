import type { SecretValue } from '../types/secret';
import type { SyncSettings } from '../types/settings';

/** The config file as the activities see it. A secret is read only by name. */
export interface Configuration {
  syncs: Readonly<Record<string, SyncSettings>>;
  /** How long the ledger keeps receipts, closed rejections, notifications and lists of backfills. */
  ledger: { retentionMs: number };
  /** @throws InvalidConfiguration when the key cannot be read */
  apiKey(workspace: string): SecretValue;
  /** @throws InvalidConfiguration when the URL cannot be read */
  sourceUrl(source: string): SecretValue;
}

/** The config file is missing or wrong. The message names the first problem and how many more there are. */
export class InvalidConfiguration extends Error {
  override readonly name = 'InvalidConfiguration';
}

import { dirname, join, resolve } from 'node:path';
import type { Config } from '../../config/config';
import { loadConfig } from '../../config/load';
import { connectTemporal, type TemporalAccess } from '../../temporal/connect';
import type { SyncSettings } from '../../types/settings';
import { ownValue } from '../../types/values';
import { CliProblem, EXIT } from './problem';

/** Options every command has. */
export interface CommonOptions {
  config: string;
  json?: boolean;
  verbose?: boolean;
}

/** Folder of servers and data, beside a config file. */
export const LOCAL_FOLDER = '.peak-braze';

/** Servers and data that belong to a config file. */
export function localFolder(configFile: string): string {
  return join(dirname(resolve(configFile)), LOCAL_FOLDER);
}

/**
 * Reads the config for a command; `when-used` lets it work in a shell without the secrets it does not need.
 *
 * @throws ConfigError with everything that is wrong with it
 */
export function readConfig({ config }: CommonOptions, need: 'everything' | 'when-used' = 'when-used'): Config {
  return loadConfig(config, { env: process.env, need });
}

/**
 * The settings of a sync of the config.
 *
 * @throws CliProblem for a name that the config does not have: the command is wrong
 */
export function requireSync(config: Config, sync: string): SyncSettings {
  const settings = ownValue(config.syncs, sync);
  if (settings !== undefined) return settings;
  throw new CliProblem(
    `${config.path} has no sync ${sync}. Its syncs: ${Object.keys(config.syncs).join(', ')}.`,
    EXIT.usage,
  );
}

/**
 * Works with Temporal, and closes the connection whatever happens.
 *
 * @throws TemporalProblem when it cannot be reached
 */
export async function withTemporal<T>(config: Config, work: (temporal: TemporalAccess) => Promise<T>): Promise<T> {
  const temporal = await connectTemporal(config.temporal);
  try {
    return await work(temporal);
  } finally {
    await temporal.close();
  }
}

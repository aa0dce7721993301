import type { SyncSettings } from '../types/settings';
import type { Configuration } from './configuration';
import type { EngineDeps } from './engineDeps';
import { HoldError } from './holdError';

/**
 * A sync in the current config file.
 *
 * @throws HoldError when the file has no sync of this name
 * @throws InvalidConfiguration when the file is missing or wrong
 */
export function requireConfiguredSync(
  deps: Pick<EngineDeps, 'readConfiguration'>,
  sync: string,
): { settings: SyncSettings; configuration: Configuration } {
  const configuration = deps.readConfiguration();
  const settings = Object.hasOwn(configuration.syncs, sync) ? configuration.syncs[sync] : undefined;
  if (settings === undefined) {
    const known = Object.keys(configuration.syncs).join(', ');
    throw new HoldError({
      cause: 'invalid-config',
      because: `The config has no sync ${sync}; it has ${known}. Add it and retry, or discard this run.`,
    });
  }
  return { settings, configuration };
}

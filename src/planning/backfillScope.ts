import type { RunRequest } from '../types/run';
import type { SyncSettings } from '../types/settings';
import { HoldError } from './holdError';

/** Which attributes a run was requested for. */
type Chosen = Pick<RunRequest, 'attributes' | 'clear'>;

/** Whether a run compares some attributes only: what it finds says nothing about a customer's other attributes. */
export function isPartial({ attributes = null, clear = null }: Chosen): boolean {
  return attributes !== null || clear !== null;
}

/**
 * The settings of a run that was requested for some attributes: the sync with only those. A run that clears an attribute has
 * none: the attribute may have left the config, and the source table is not read.
 *
 * @throws HoldError when the sync has no attribute of a requested name
 */
export function requireSettingsInScope(
  settings: SyncSettings,
  { attributes = null, clear = null }: Chosen,
): SyncSettings {
  if (clear !== null) return { ...settings, attributes: [] };
  if (attributes === null) return settings;
  const unknown = unknownAttributes(settings, attributes);
  if (unknown.length > 0) {
    const because = `Sync ${settings.sync} has no attribute ${unknown.join(', ')} in the config. Add it and retry, or discard this run.`;
    throw new HoldError({ cause: 'invalid-config', because });
  }
  return { ...settings, attributes: settings.attributes.filter(({ name }) => attributes.includes(name)) };
}

/** The names that are not attributes of the sync. */
export function unknownAttributes(settings: SyncSettings, attributes: readonly string[]): string[] {
  return attributes.filter((wanted) => !settings.attributes.some(({ name }) => name === wanted));
}

import type { RunRequest } from '../types/run';
import type { SyncSettings } from '../types/settings';
import { HoldError } from './holdError';

type Chosen = Pick<RunRequest, 'attributes' | 'clear'>;

/** Whether a run looks at some attributes only: what it finds says nothing about a customer's others. */
export function isPartial({ attributes = null, clear = null }: Chosen): boolean {
  return attributes !== null || clear !== null;
}

/**
 * The sync as a run sees it that was asked for some attributes. One that clears has none: what it removes may have left the
 * config, and nothing is read of the store.
 */
export function settingsInScope(settings: SyncSettings, { attributes = null, clear = null }: Chosen): SyncSettings {
  if (clear !== null) return { ...settings, attributes: [] };
  if (attributes === null) return settings;
  const unknown = unknownAttributes(settings, attributes);
  if (unknown.length > 0) {
    const because = `The config has no attribute ${unknown.join(', ')} in ${settings.sync}. Add it and retry, or discard this run.`;
    throw new HoldError({ cause: 'invalid-config', because });
  }
  return { ...settings, attributes: settings.attributes.filter(({ name }) => attributes.includes(name)) };
}

export function unknownAttributes(settings: SyncSettings, attributes: readonly string[]): string[] {
  return attributes.filter((wanted) => !settings.attributes.some(({ name }) => name === wanted));
}

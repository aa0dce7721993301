import { ConfigError } from '../../config/problem';

/** A value of the config, or null where its variable is missing, which has a finding of its own. */
export function unlessMissing<T>(read: () => T): T | null {
  try {
    return read();
  } catch (problem) {
    if (problem instanceof ConfigError) return null;
    throw problem;
  }
}

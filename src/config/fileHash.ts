import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A hash of the config file's text, to compare two files; null when it cannot be read. */
export function configFileHash(path: string): string | null {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex');
  } catch {
    return null;
  }
}

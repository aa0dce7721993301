import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** Names the text of a config file, to tell two of them apart; null when it cannot be read. */
export function configFileHash(path: string): string | null {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex');
  } catch {
    return null;
  }
}

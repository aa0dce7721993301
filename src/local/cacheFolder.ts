import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder for this user's downloads and builds: PEAK_BRAZE_CACHE, else the XDG cache folder. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.PEAK_BRAZE_CACHE) return env.PEAK_BRAZE_CACHE;
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'peak-braze-sync');
}

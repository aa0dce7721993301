import { statSync } from 'node:fs';
import type { Config } from '../config/config';
import { configFileHash } from '../config/fileHash';
import type { Ledger } from '../ledger/open';
import { workerConfigs } from '../ledger/workerConfigs';
import type { PollingWorker } from '../temporal/workers';
import type { IsoTime } from '../types/values';

/** A machine whose workers read another config file than the one at hand. */
export interface OtherConfig {
  host: string;
  /** Since when they read that one. */
  changedAt: IsoTime;
}

/** A worker notices a changed file this late at most: until then the difference is no news. */
const NOTICED_WITHIN_MS = 15_000;

/** Each machine whose worker reads another config file than this one. Workers that are gone are passed over. */
export async function configDrift(
  ledger: Ledger,
  { path, temporal }: Config,
  workers: readonly PollingWorker[],
): Promise<OtherConfig[]> {
  const own = configFileHash(path);
  if (own === null || Date.now() - statSync(path).mtimeMs < NOTICED_WITHIN_MS) return [];
  const hosts = new Set(workers.map(({ identity }) => identity.slice(identity.indexOf('@') + 1)));
  const read = await workerConfigs(ledger, temporal.taskQueue);
  return read.filter(({ host, hash }) => hosts.has(host) && hash !== own);
}

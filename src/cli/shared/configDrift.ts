import { statSync } from 'node:fs';
import type { Config } from '../../config/config';
import { configFileHash } from '../../config/fileHash';
import type { Ledger } from '../../ledger/open';
import { workerConfigs } from '../../ledger/workerConfigs';
import type { PollingWorker } from '../../temporal/workers';
import { when } from './screen';

/** A worker notices a changed file this late at most: until then the difference is no news. */
const WORKERS_LOOK_WITHIN_MS = 15_000;

/** A sentence for each machine whose worker reads another config file than this command. Workers that are gone are passed over. */
export async function configDrift(
  ledger: Ledger,
  { path, temporal }: Config,
  workers: readonly PollingWorker[],
): Promise<string[]> {
  const own = configFileHash(path);
  if (own === null || Date.now() - statSync(path).mtimeMs < WORKERS_LOOK_WITHIN_MS) return [];
  const hosts = new Set(workers.map(({ identity }) => identity.slice(identity.indexOf('@') + 1)));
  const read = await workerConfigs(ledger, temporal.taskQueue);
  return read
    .filter(({ host, hash }) => hosts.has(host) && hash !== own)
    .map(
      ({ host, changedAt }) =>
        `the worker on ${host} reads another ${path} (changed ${when(changedAt)}): runs go by that one`,
    );
}

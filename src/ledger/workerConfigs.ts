import type { IsoTime } from '../types/values';
import type { Ledger } from './open';
import { query } from './query';
import { ISO } from './sql';

/** Which config file the workers of a machine read last. */
export interface WorkerConfig {
  host: string;
  hash: string;
  /** Since when they read this one. */
  changedAt: IsoTime;
}

/** Records which config file the workers of a host have read. */
export async function noteWorkerConfig(ledger: Ledger, host: string, taskQueue: string, hash: string): Promise<void> {
  await query(
    ledger,
    `insert into worker_configs as w (host, task_queue, hash) values (:host, :taskQueue, :hash)
     on conflict (host, task_queue) do update set hash = excluded.hash, changed_at = now() where w.hash <> excluded.hash`,
    { host, taskQueue, hash },
  );
}

/** What the workers of a task queue have read, by host. */
export async function workerConfigs(ledger: Ledger, taskQueue: string): Promise<WorkerConfig[]> {
  const { rows } = await query<WorkerConfig>(
    ledger,
    `select host, hash, to_char(changed_at at time zone 'UTC', ${ISO}) as "changedAt"
       from worker_configs where task_queue = :taskQueue order by host`,
    { taskQueue },
  );
  return rows;
}

import type { Ledger } from './open';

/** Which config file the workers of a machine read last. */
export interface WorkerConfig {
  host: string;
  hash: string;
  /** ISO 8601: since when they read this one. */
  changedAt: string;
}

export async function noteWorkerConfig(ledger: Ledger, host: string, taskQueue: string, hash: string): Promise<void> {
  await ledger.raw(
    `insert into worker_configs as w (host, task_queue, hash) values (?, ?, ?)
     on conflict (host, task_queue) do update set hash = excluded.hash, changed_at = now() where w.hash <> excluded.hash`,
    [host, taskQueue, hash],
  );
}

export async function workerConfigs(ledger: Ledger, taskQueue: string): Promise<WorkerConfig[]> {
  const { rows } = await ledger.raw(
    `select host, hash, to_char(changed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "changedAt"
       from worker_configs where task_queue = ? order by host`,
    [taskQueue],
  );
  return rows;
}

import type { TemporalAccess } from './connect';

/** A worker that polls for tasks. */
export interface PollingWorker {
  identity: string;
  lastSeenAt: Date;
}

/** A worker polls at least once a minute; one not seen for longer is gone, though the server still lists it. */
const SEEN_WITHIN_MS = 70_000;

/** Workers that poll our task queue for workflows. */
export async function pollingWorkers({ client, namespace, taskQueue }: TemporalAccess): Promise<PollingWorker[]> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: 1, // WORKFLOW
  });
  return (pollers ?? [])
    .map(({ identity, lastAccessTime }) => ({
      identity: identity ?? '',
      lastSeenAt: new Date(Number(lastAccessTime?.seconds ?? 0) * 1000),
    }))
    .filter(({ lastSeenAt }) => Date.now() - lastSeenAt.getTime() < SEEN_WITHIN_MS);
}

/** Ids of peak-braze in a namespace begin with this. */
const PREFIX = 'peak-braze';

/** A sync has one schedule; Temporal appends the scheduled time for the workflows it starts. */
export function scheduleId(sync: string): string {
  return `${PREFIX}/${sync}`;
}

/** The sync a schedule is for, or null when it is not one of peak-braze. */
export function syncOfSchedule(id: string): string | null {
  const match = /^peak-braze\/([^/]+)$/.exec(id);
  return match?.[1] ?? null;
}

/** Milliseconds in the name: two runs a hundred milliseconds apart are two runs. */
export function workflowId(sync: string, kind: 'run' | 'backfill', now: Date): string {
  return `${PREFIX}/${sync}/${kind}-${now.toISOString()}`;
}

/** Whether a workflow id is one that a schedule or a command gives to a run of this sync. */
export function isRunOf(sync: string, id: string): boolean {
  const base = scheduleId(sync);
  return (
    id.startsWith(`${base}/`) || (id.startsWith(`${base}-`) && /^\d{4}-\d\d-\d\dT/.test(id.slice(base.length + 1)))
  );
}

/** The sync of a workflow id that a schedule or a command gave; null for one that a person typed. */
export function syncOfWorkflow(id: string): string | null {
  const match = /^peak-braze\/([^/]+?)(?:-\d{4}-\d\d-\d\dT[^/]*|\/(?:run|backfill)-[^/]*)$/.exec(id);
  return match?.[1] ?? null;
}

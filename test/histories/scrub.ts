/** What a machine leaves in a history and no replay looks at: who worked (pid@host), on which queue of its own, and where. */
export function scrub<T>(history: T): T {
  return JSON.parse(JSON.stringify(history), (key, value: unknown) => {
    if (key === 'identity') return 'worker';
    if (key === 'stackTrace') return '';
    if (key === 'taskQueue' && isSticky(value)) return { ...value, name: 'sticky' };
    return value;
  }) as T;
}

function isSticky(value: unknown): value is { name: string } {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'TASK_QUEUE_KIND_STICKY';
}

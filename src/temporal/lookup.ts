import { WorkflowNotFoundError, type Client } from '@temporalio/client';

/** RUNNING and PAUSED in temporal.api.enums.v1.WorkflowExecutionStatus. */
const OPEN_STATUSES: readonly number[] = [1, 8];

/**
 * Whether the run that began with this first execution is still open, over continue-as-new. Only one run of a workflow id
 * can be open at a time, so the current execution tells: it belongs to this run when its chain began the same.
 */
export async function isRunOpen(
  client: Client,
  { namespace, workflowId, firstRunId }: { namespace: string; workflowId: string; firstRunId: string },
): Promise<boolean> {
  try {
    const { workflowExecutionInfo } = await client.workflowService.describeWorkflowExecution({
      namespace,
      execution: { workflowId },
    });
    const { status, firstRunId: current } = workflowExecutionInfo ?? {};
    // A server that does not tell whose chain it is cannot be used to push anybody out.
    return OPEN_STATUSES.includes(status ?? 0) && (!current || current === firstRunId);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || isNotFound(error)) return false;
    throw error;
  }
}

function isNotFound(error: unknown): boolean {
  // 5 is NOT_FOUND in gRPC: the execution, or its whole namespace, is gone.
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 5;
}

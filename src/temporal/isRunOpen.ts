import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { GRPC, grpcCode } from './grpcCode';

/** RUNNING and PAUSED in temporal.api.enums.v1.WorkflowExecutionStatus. */
const OPEN_STATUSES: readonly number[] = [1, 8];

/**
 * Whether the run that began with this first execution is still open, over continue-as-new. Only one run of a workflow id
 * can be open at a time, so the current execution tells: it belongs to this run when its chain began the same.
 *
 * @param firstRunId run id of the run's first execution
 * @throws what gRPC says when Temporal cannot be asked
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
    // The execution, or its whole namespace, is gone.
    if (error instanceof WorkflowNotFoundError || grpcCode(error) === GRPC.notFound) return false;
    throw error;
  }
}

import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { GRPC, grpcCode } from './grpcCode';

/** RUNNING and PAUSED in temporal.api.enums.v1.WorkflowExecutionStatus. */
const OPEN_STATUSES: readonly number[] = [1, 8];

/**
 * Whether the run that began with this first execution is still open, across continue-as-new. Only one run of a workflow id can
 * be open at a time, so the current execution decides: it belongs to this run when its chain has the same first execution.
 *
 * @param firstRunId run id of the run's first execution
 * @throws the gRPC error when Temporal cannot be queried
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
    // A server that does not report the chain cannot justify taking over a lease.
    return OPEN_STATUSES.includes(status ?? 0) && (!current || current === firstRunId);
  } catch (error) {
    // The execution, or its whole namespace, no longer exists.
    if (error instanceof WorkflowNotFoundError || grpcCode(error) === GRPC.notFound) return false;
    throw error;
  }
}

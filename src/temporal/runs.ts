import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, type WorkflowHandle } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { PROGRESS_QUERY, type Progress, type SignalArguments, type SignalName } from '../types/messages';
import { SEARCH_ATTRIBUTES } from '../types/searchAttributes';
import { WORKFLOW_TYPE, type SyncInput } from '../types/workflow';
import type { TemporalAccess } from './connect';
import { GRPC, grpcCode } from './grpcCode';
import { isRunOf, scheduleId, syncOfWorkflow, workflowId } from './ids';

const OPEN = `WorkflowType = '${WORKFLOW_TYPE}' and ExecutionStatus = 'Running'`;
const SYNC_NAME = defineSearchAttributeKey(SEARCH_ATTRIBUTES.sync, SearchAttributeType.KEYWORD);

/** A run that Temporal has accepted. */
export interface StartedRun {
  workflowId: string;
  /** Run id of the first execution: the run's identity in the ledger. */
  firstRunId: string;
}

/** Starts a run manually. Another open run is no error: this one is then queued. */
export async function startRun(
  temporal: TemporalAccess,
  input: SyncInput,
  kind: 'run' | 'backfill',
): Promise<StartedRun> {
  // Another run may have been started in the same millisecond, and have its id.
  for (let at = Date.now(); ; at += 1) {
    const id = workflowId(input.sync, kind, new Date(at));
    try {
      const handle = await temporal.client.workflow.start(WORKFLOW_TYPE, {
        workflowId: id,
        taskQueue: temporal.taskQueue,
        args: [input],
        staticSummary: `${input.sync}: ${input.mode ?? 'changes'}, started manually`,
      });
      return { workflowId: id, firstRunId: handle.firstExecutionRunId };
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  }
}

/**
 * Workflow ids of the open runs of a sync, oldest first: including those that no worker has begun yet, found by their id, and
 * those that were started with another id, found by the search attribute.
 */
export async function openWorkflows(temporal: TemporalAccess, sync: string): Promise<string[]> {
  const found = new Map<string, Date>();
  const { workflow } = temporal.client;
  for await (const run of workflow.list({ query: `${OPEN} and WorkflowId starts_with '${scheduleId(sync)}'` })) {
    if (isRunOf(sync, run.workflowId)) found.set(run.workflowId, run.startTime);
  }
  try {
    for await (const run of workflow.list({ query: `${OPEN} and ${SYNC_NAME.name} = '${sync}'` })) {
      if (run.taskQueue === temporal.taskQueue) found.set(run.workflowId, run.startTime);
    }
  } catch (error) {
    // The namespace lacks our search attributes, so ids are the only way to find runs.
    if (grpcCode(error) !== GRPC.invalidArgument) throw error;
  }
  return [...found].toSorted(([, a], [, b]) => a.getTime() - b.getTime()).map(([id]) => id);
}

interface OpenWorkflow {
  workflowId: string;
  /** Null: started with an id that names no sync, and no worker has begun it yet. */
  sync: string | null;
}

/** Every open run on our task queue, regardless of who started it, oldest first. */
export async function allOpenWorkflows(temporal: TemporalAccess): Promise<OpenWorkflow[]> {
  const found: OpenWorkflow[] = [];
  for await (const { workflowId: id, taskQueue, typedSearchAttributes } of temporal.client.workflow.list({
    query: OPEN,
  })) {
    const sync = typedSearchAttributes.get(SYNC_NAME) ?? syncOfWorkflow(id);
    if (taskQueue === temporal.taskQueue) found.unshift({ workflowId: id, sync });
  }
  return found;
}

/** Sends a signal; false when the run has ended meanwhile. */
export async function signalRun<Name extends SignalName>(
  temporal: TemporalAccess,
  id: string,
  signal: Name,
  ...args: SignalArguments[Name]
): Promise<boolean> {
  return whileOpen(temporal.client.workflow.getHandle(id), (handle) => handle.signal(signal, ...args));
}

/** Requests that a run ends and records what it has done; false when it has ended meanwhile. */
export async function cancelRun(temporal: TemporalAccess, id: string): Promise<boolean> {
  return whileOpen(temporal.client.workflow.getHandle(id), (handle) => handle.cancel());
}

/** What the run itself says, or null when no worker answers in time. */
export async function progressOf(temporal: TemporalAccess, id: string): Promise<Progress | null> {
  try {
    return await temporal.client.withDeadline(Date.now() + 2_000, () =>
      temporal.client.workflow.getHandle(id).query<Progress>(PROGRESS_QUERY),
    );
  } catch {
    return null;
  }
}

async function whileOpen(handle: WorkflowHandle, act: (handle: WorkflowHandle) => Promise<unknown>): Promise<boolean> {
  try {
    await act(handle);
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

import type { RunSummary } from '../types/run';
import type { RunRecord } from './runs';

/** A run as commands print it and as the workflow returns it. */
export function toSummary(record: RunRecord): RunSummary {
  const { run, workflowId, temporalRunId, sync, mode, state, modelRun, windowFrom, windowTo } = record;
  const { candidates, changed, accepted, rejected, requests, valuesSent, startedAt, finishedAt } = record;
  const attributes = record.settings?.attributes.length ?? 0;
  return {
    ...{ run, workflowId, temporalRunId, sync, mode, state, modelRun, windowFrom, windowTo },
    ...{ candidates, changed, accepted, rejected, requests, valuesSent, refreshed: record.refreshed },
    valuesAvoided: Math.max(0, candidates * attributes - valuesSent),
    ...{ startedAt, finishedAt },
  };
}

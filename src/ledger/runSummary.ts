import { isoTime } from '../types/isoTime';
import type { RunSummary } from '../types/run';
import type { RunRecord } from './runs';

/** A run as commands print it and as the workflow returns it. */
export function toSummary(record: RunRecord): RunSummary {
  const attributes = record.settings?.attributes.length ?? 0;
  return {
    run: record.run,
    workflowId: record.workflowId,
    temporalRunId: record.temporalRunId,
    sync: record.sync,
    mode: record.mode,
    state: record.state,
    modelRun: record.modelRun,
    windowFrom: isoTime(record.windowFrom),
    windowTo: isoTime(record.windowTo),
    candidates: record.candidates,
    changed: record.changed,
    accepted: record.accepted,
    rejected: record.rejected,
    requests: record.requests,
    valuesSent: record.valuesSent,
    refreshed: record.refreshed,
    valuesAvoided: Math.max(0, record.candidates * attributes - record.valuesSent),
    startedAt: record.startedAt,
    finishedAt: record.finishedAt,
  };
}

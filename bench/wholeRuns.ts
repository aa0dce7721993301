import { temporal as proto } from '@temporalio/proto';
import type { RunSummary } from '../src/types/run';
import { peakMemoryMb } from './processes';
import { touch, type System } from './system';

/** Four runs over the whole source table, without limit: all customers new, nothing changed, all changed, all rows updated without a change. */
export async function measureWholeRuns(system: System): Promise<void> {
  const measured = async (what: string) => {
    const { workflowId, summary, wallMs } = await system.run();
    const { events } = await system.client.workflow.getHandle(workflowId).fetchHistory();
    print(what, { events: events ?? [], summary, wallMs, memoryMb: await peakMemoryMb(system.workerPid) });
  };
  await measured('first run, all customers new');
  await measured('nothing changed');
  await touch(system.tenantUrl, 'churn_probability = 1 - churn_probability, predicted_value = predicted_value + 5');
  await measured('every customer changed');
  await touch(system.tenantUrl, 'model_version = model_version');
  await measured('every row updated, no value changed');
}

interface MeasuredRun {
  /** The workflow's history. */
  events: proto.api.history.v1.IHistoryEvent[];
  summary: RunSummary;
  wallMs: number;
  /** Peak memory of the worker so far; null if unknown. */
  memoryMb: number | null;
}

function print(what: string, { events, summary, wallMs, memoryMb }: MeasuredRun): void {
  const extraction = spanOf(events, 'extractChanges');
  const delivery = spanOf(events, 'postChunk');
  const perSecond = (n: number, ms: number) =>
    ms > 0 ? `${Math.round((n / ms) * 1000).toLocaleString('en-US')}/s` : '-';
  console.log(`${what}: ${summary.state}, ${(wallMs / 1000).toFixed(1)} s from start to recorded`);
  console.log(
    `  extraction ${perSecond(summary.candidates, extraction)} customers   ${(extraction / 1000).toFixed(1)} s`,
  );
  if (summary.requests > 0) {
    console.log(
      `  delivery   ${perSecond(summary.accepted, delivery)} customers   ${perSecond(summary.requests, delivery)} requests   ${(delivery / 1000).toFixed(1)} s`,
    );
    const per100k = (events.length / Math.max(1, summary.accepted)) * 100_000;
    console.log(`  Temporal   ${events.length} events, ${per100k.toFixed(0)} per 100,000 customers`);
  }
  console.log(`  worker     peak memory ${memoryMb ?? '?'} MB so far`);
}

/** From the scheduling of the first activity of a type to the completion of the last one, in ms. */
export function spanOf(events: proto.api.history.v1.IHistoryEvent[], activity: string): number {
  const scheduled = new Set<number>();
  let from = Number.POSITIVE_INFINITY;
  let to = 0;
  for (const event of events) {
    const atMs = Number(event.eventTime?.seconds ?? 0) * 1000 + Number(event.eventTime?.nanos ?? 0) / 1e6;
    if (event.activityTaskScheduledEventAttributes?.activityType?.name === activity) {
      scheduled.add(Number(event.eventId));
      from = Math.min(from, atMs);
    }
    const done = event.activityTaskCompletedEventAttributes?.scheduledEventId;
    if (done !== undefined && done !== null && scheduled.has(Number(done))) to = Math.max(to, atMs);
  }
  return to === 0 ? 0 : to - from;
}

import type { RefreshTurn } from '../ledger/candidates';
import type { Ledger } from '../ledger/open';
import { lastSyncDay } from '../ledger/watermark';
import type { PreparedRecord } from './preparedRun';

const DAY_MS = 86_400_000;

/**
 * Which buckets a run refreshes: one a day, and those of the days since the last recorded run. A `refreshAfter` of less than
 * two days has one bucket, due in every run.
 *
 * @param lastDay day of the last recorded run, whole days since 1970 (UTC); null: none
 * @param nowMs when the run began, milliseconds since 1970
 */
export function dueBuckets(refreshAfterMs: number, lastDay: number | null, nowMs: number): RefreshTurn {
  const buckets = Math.max(1, Math.floor(refreshAfterMs / DAY_MS));
  const today = Math.floor(nowMs / DAY_MS);
  const days = lastDay === null || buckets === 1 ? buckets : Math.min(buckets, Math.max(0, today - lastDay));
  const due = Array.from({ length: days }, (_, ago) => (today - ago) % buckets);
  return { olderThanMs: refreshAfterMs, buckets, due };
}

/**
 * Which customers a run sends again because of age; null: the sync has no `refreshAfter`.
 *
 * @param startedAtMs when the run began, milliseconds since 1970
 */
export async function dueRefreshBuckets(
  ledger: Ledger,
  { settings, targetId }: Pick<PreparedRecord, 'settings' | 'targetId'>,
  startedAtMs: number,
): Promise<RefreshTurn | null> {
  const { refreshAfterMs } = settings;
  return refreshAfterMs === undefined
    ? null
    : dueBuckets(refreshAfterMs, await lastSyncDay(ledger, targetId), startedAtMs);
}

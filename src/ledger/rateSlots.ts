import type { Ledger } from './open';
import { query } from './query';

/** A rate that keeps a budget: at most `perSecond` on average, `burst` at once, and `perHour` in a clock hour. */
export interface Rate {
  perSecond: number;
  burst: number;
  perHour?: number;
}

/** Times at which requests may be sent, equally spaced. */
export interface ReservedSlots {
  /** When the first slot begins, from now; negative while a burst is allowed. */
  firstInMs: number;
  intervalMs: number;
  count: number;
  /** Number of the last of them, over all that were ever reserved in this workspace. */
  last: number;
}

/**
 * Reserves the next slots of a workspace, on the ledger's clock. One row holds the rate, so that any number of workers and
 * syncs share it, and it survives all of them. (Generic cell rate algorithm: a row's `next_slot` is never further in the past
 * than the burst.) An hour that is used up moves the slots to the next one: Braze's hourly limits "reset on the clock hour"
 * (Braze: API limits).
 */
export async function reserveSlots(
  ledger: Ledger,
  workspaceId: number,
  rate: Rate,
  count: number,
): Promise<ReservedSlots> {
  const intervalMs = 1000 / rate.perSecond;
  const { rows } = await query<{ endMs: number; last: number }>(
    ledger,
    `with now as (
       -- The disk is not waited for: slots that a crash of Postgres forgets lie in the past when it is back.
       select id, hour, hour_used, set_config('synchronous_commit', 'off', true),
              greatest(next_slot, clock_timestamp() - make_interval(secs => :burstSeconds)) as start
         from workspaces where id = :workspaceId for update
     ), begun as (
       select id, start, date_trunc('hour', greatest(start, clock_timestamp())) as slot_hour, hour, hour_used from now
     ), used as (
       select id, start, slot_hour, case when hour = slot_hour then hour_used else 0 end as used from begun
     ), next as (
       select id, used + :count > :perHour::int as used_up, start, slot_hour, used from used
     )
     update workspaces w
        set next_slot = case when used_up then slot_hour + interval '1 hour' else start end + make_interval(secs => :seconds),
            hour = case when used_up then slot_hour + interval '1 hour' else slot_hour end,
            hour_used = case when used_up then 0 else used end + :count,
            slots = slots + :count
       from next where w.id = next.id
     returning (extract(epoch from w.next_slot - clock_timestamp()) * 1000)::float8 as "endMs", w.slots::float8 as last`,
    {
      workspaceId,
      count,
      burstSeconds: (rate.burst * intervalMs) / 1000,
      perHour: rate.perHour ?? null,
      seconds: (count * intervalMs) / 1000,
    },
  );
  const { endMs, last } = rows[0]!;
  return { firstInMs: endMs - count * intervalMs, intervalMs, count, last };
}

/** After a 429 no process sends before the reset that Braze named. Never moves the next slot to an earlier time. */
export async function postponeSlots(ledger: Ledger, workspaceId: number, byMs: number): Promise<void> {
  await query(
    ledger,
    `update workspaces set next_slot = greatest(next_slot, clock_timestamp() + make_interval(secs => :bySeconds))
      where id = :workspaceId`,
    { bySeconds: byMs / 1000, workspaceId },
  );
}

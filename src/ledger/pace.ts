import type { Ledger } from './open';

/** A rate that keeps a budget: at most `perSecond` on average, `burst` at once. */
export interface Rate {
  perSecond: number;
  burst: number;
}

export interface ReservedSlots {
  /** When the first slot begins, from now; negative while a burst is owed. */
  firstInMs: number;
  intervalMs: number;
  count: number;
}

/**
 * Reserves the next slots of a workspace, on the ledger's clock. One row holds the pace, so it is one pace for any number
 * of workers and syncs, and it survives all of them. (Generic cell rate algorithm: a row's `next_slot` never lies
 * further in the past than the burst.)
 */
export async function reserveSlots(
  ledger: Ledger,
  workspaceId: number,
  rate: Rate,
  count: number,
): Promise<ReservedSlots> {
  const intervalMs = 1000 / rate.perSecond;
  const { rows } = await ledger.raw(
    `update workspaces
        set next_slot = greatest(next_slot, clock_timestamp() - make_interval(secs => ?)) + make_interval(secs => ?)
      where id = ? returning (extract(epoch from next_slot - clock_timestamp()) * 1000)::float8 as "endMs"`,
    [(rate.burst * intervalMs) / 1000, (count * intervalMs) / 1000, workspaceId],
  );
  return { firstInMs: rows[0].endMs - count * intervalMs, intervalMs, count };
}

/** After a 429 nobody sends before the reset that Braze named. Never moves the next slot to an earlier time. */
export async function postponeSlots(ledger: Ledger, workspaceId: number, byMs: number): Promise<void> {
  await ledger.raw(
    'update workspaces set next_slot = greatest(next_slot, clock_timestamp() + make_interval(secs => ?)) where id = ?',
    [byMs / 1000, workspaceId],
  );
}

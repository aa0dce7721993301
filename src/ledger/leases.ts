import type { LeaseKind } from '../types/run';
import { SENDING } from '../types/sendingTimes';
import type { Ledger } from './open';
import { query, withTransaction, type Transaction } from './query';

/** A lease of a sync, so that its runs do not overlap, or of a workspace, so that one run at a time sends to it. */
export interface LeaseName {
  kind: LeaseKind;
  name: string;
}

/** The run that has the lease, and where to look up its workflow. */
export interface Holder {
  run: number;
  sync: string;
  namespace: string;
  workflowId: string;
  firstRunId: string;
}

/** The answer to a run that asks for a lease; `waitMs`: until the lease is ready, null when that depends on other runs. */
export type LeaseAnswer =
  | { granted: true; /** Taken over from this run, which still has to be closed. */ predecessor: number | null }
  | { granted: false; holder: Holder | null; waitMs: number | null };

/** A queued run that has not asked for this long counts as ended. */
const FRESH_MS = 10_000;

/**
 * Asks for a lease and, if another run has it, joins its queue: first come first served, backfills last. Asking again keeps a
 * run's place. A holder never loses its lease here, see {@link takeOverLease}.
 */
export async function askForLease(
  ledger: Ledger,
  lease: LeaseName,
  run: number,
  backfill: boolean,
): Promise<LeaseAnswer> {
  return withTransaction(ledger, async (transaction) => {
    const current = await lockLease(transaction, lease);
    if (current.holder === run) {
      if (current.waitMs > 0) return { granted: false, holder: null, waitMs: current.waitMs };
      return { granted: true, predecessor: current.predecessor };
    }
    await enqueue(transaction, lease, run, backfill);
    if (current.holder !== null)
      return { granted: false, holder: await describe(transaction, current.holder), waitMs: null };
    if (!(await isNext(transaction, lease, run))) return { granted: false, holder: null, waitMs: null };
    if (current.waitMs > 0) return { granted: false, holder: null, waitMs: current.waitMs };
    await grant(transaction, lease, run);
    return { granted: true, predecessor: null };
  });
}

/**
 * Takes over the lease of a run whose workflow has ended. From now on that run's senders are fenced; the lease is ready only
 * when their requests in flight must have reached Braze, 15 s after their last renewal.
 */
export async function takeOverLease(ledger: Ledger, lease: LeaseName, from: number, run: number): Promise<void> {
  await withTransaction(ledger, async (transaction) => {
    const current = await lockLease(transaction, lease);
    if (current.holder !== from || !(await isNext(transaction, lease, run))) return;
    await query(
      transaction,
      `update leases set holder = :run, predecessor = :from, ready_at = ${readyAfter(':from')}
        where kind = :kind and name = :name`,
      { kind: lease.kind, name: lease.name, run, from },
    );
    await leaveQueue(transaction, lease, run);
  });
}

/** Forgets from which run the lease was taken over, once that run is closed. */
export async function clearPredecessor(ledger: Ledger, lease: LeaseName, run: number): Promise<void> {
  await query(ledger, 'update leases set predecessor = null where kind = :kind and name = :name and holder = :run', {
    kind: lease.kind,
    name: lease.name,
    run,
  });
}

/**
 * When a lease of this run may pass to another, as an expression of SQL: at once when every claim was released with its
 * answers, else when the requests in flight of a lost sender must have reached Braze. Never earlier than announced before.
 *
 * @param run the parameter with the run's number, `:run`
 */
export function readyAfter(run: string): string {
  return `greatest(ready_at, clock_timestamp(), (select max(renewed_at) from claims where run = ${run} and not released)
                   + make_interval(secs => ${SENDING.takeOverAfterMs / 1000}))`;
}

/** Releases a lease, and the place in its queue. Releasing a lease that the run does not hold changes nothing. */
export async function releaseLease(ledger: Ledger, lease: LeaseName, run: number): Promise<void> {
  await withTransaction(ledger, async (transaction) => {
    await query(
      transaction,
      `update leases set holder = null, predecessor = null, ready_at = ${readyAfter(':run')}
        where kind = :kind and name = :name and holder = :run`,
      { kind: lease.kind, name: lease.name, run },
    );
    await leaveQueue(transaction, lease, run);
  });
}

interface LockedLease {
  holder: number | null;
  predecessor: number | null;
  /** Until it is ready for a holder, in ms; not positive: it is ready. */
  waitMs: number;
}

async function lockLease(transaction: Transaction, { kind, name }: LeaseName): Promise<LockedLease> {
  await query(transaction, 'insert into leases (kind, name) values (:kind, :name) on conflict do nothing', {
    kind,
    name,
  });
  const { rows } = await query<LockedLease>(
    transaction,
    `select holder, predecessor, (extract(epoch from ready_at - clock_timestamp()) * 1000)::float8 as "waitMs"
       from leases where kind = :kind and name = :name for update`,
    { kind, name },
  );
  return rows[0]!;
}

async function enqueue(
  transaction: Transaction,
  { kind, name }: LeaseName,
  run: number,
  backfill: boolean,
): Promise<void> {
  await query(
    transaction,
    `insert into lease_line (kind, name, run, backfill) values (:kind, :name, :run, :backfill)
     on conflict (kind, name, run) do update set seen_at = clock_timestamp()`,
    { kind, name, run, backfill },
  );
}

async function leaveQueue(transaction: Transaction, { kind, name }: LeaseName, run: number): Promise<void> {
  await query(transaction, 'delete from lease_line where kind = :kind and name = :name and run = :run', {
    kind,
    name,
    run,
  });
}

async function isNext(transaction: Transaction, { kind, name }: LeaseName, run: number): Promise<boolean> {
  const { rows } = await query<{ run: number }>(
    transaction,
    `select run from lease_line
      where kind = :kind and name = :name and seen_at > clock_timestamp() - make_interval(secs => :freshSeconds)
      order by backfill, asked_at, run limit 1`,
    { kind, name, freshSeconds: FRESH_MS / 1000 },
  );
  return rows[0] === undefined || rows[0].run === run;
}

async function grant(transaction: Transaction, { kind, name }: LeaseName, run: number): Promise<void> {
  await query(
    transaction,
    `update leases set holder = :run, predecessor = null, ready_at = clock_timestamp()
      where kind = :kind and name = :name`,
    { kind, name, run },
  );
  await leaveQueue(transaction, { kind, name }, run);
}

async function describe(transaction: Transaction, run: number): Promise<Holder> {
  const { rows } = await query<Holder>(
    transaction,
    `select number as run, sync, namespace, workflow_id as "workflowId", first_run_id as "firstRunId"
       from runs where number = :run`,
    { run },
  );
  return rows[0]!;
}

import type { Client } from 'pg';
import type { LeaseKind } from '../types/run';
import { SENDING } from '../types/sendingTimes';
import type { Ledger } from './open';
import { withTransaction } from './open';

export interface LeaseName {
  kind: LeaseKind;
  name: string;
}

/** The run that stands in the way, and where its workflow can be looked up. */
export interface Holder {
  run: number;
  sync: string;
  namespace: string;
  workflowId: string;
  firstRunId: string;
}

export type LeaseAnswer =
  | { granted: true; /** Taken over from this run, which has still to be closed. */ predecessor: number | null }
  | { granted: false; holder: Holder | null; waitMs: number | null };

/** A waiting run that has not asked for this long is taken for gone. */
const FRESH_MS = 10_000;

/**
 * Asks for a lease and, if it is taken, stands in line: first come first served, backfills last. Asking again is how a
 * run keeps its place. A holder is never pushed out here, see {@link takeOverLease}.
 */
export async function askForLease(
  ledger: Ledger,
  lease: LeaseName,
  run: number,
  backfill: boolean,
): Promise<LeaseAnswer> {
  return withTransaction(ledger, async (connection) => {
    const current = await lockLease(connection, lease);
    if (current.holder === run) {
      if (current.waitMs > 0) return { granted: false, holder: null, waitMs: current.waitMs };
      return { granted: true, predecessor: current.predecessor };
    }
    await standInLine(connection, lease, run, backfill);
    if (current.holder !== null)
      return { granted: false, holder: await describe(connection, current.holder), waitMs: null };
    if (!(await isFirst(connection, lease, run))) return { granted: false, holder: null, waitMs: null };
    if (current.waitMs > 0) return { granted: false, holder: null, waitMs: current.waitMs };
    await give(connection, lease, run);
    return { granted: true, predecessor: null };
  });
}

/**
 * Takes a lease from a run whose workflow is gone. From this moment that run's senders are fenced off; the lease itself is
 * ready only when what they had in the air must have landed, 15 s after their last renewal.
 */
export async function takeOverLease(ledger: Ledger, lease: LeaseName, from: number, run: number): Promise<void> {
  await withTransaction(ledger, async (connection) => {
    const current = await lockLease(connection, lease);
    if (current.holder !== from || !(await isFirst(connection, lease, run))) return;
    await connection.query(
      `update leases set holder = $3, predecessor = $4, ready_at = ${readyAfter('$4')} where kind = $1 and name = $2`,
      [lease.kind, lease.name, run, from],
    );
    await leaveLine(connection, lease, run);
  });
}

/** Forgets whom the lease was taken from, once that run is closed. */
export async function settleTakeover(ledger: Ledger, lease: LeaseName, run: number): Promise<void> {
  await ledger.raw('update leases set predecessor = null where kind = ? and name = ? and holder = ?', [
    lease.kind,
    lease.name,
    run,
  ]);
}

/**
 * When a lease of this run may pass to another: at once when every claim was given back with its answers, else when what a
 * lost sender may have in the air must have landed. Never earlier than was said before.
 */
export function readyAfter(run: string): string {
  return `greatest(ready_at, clock_timestamp(), (select max(renewed_at) from claims where run = ${run} and not released)
                   + make_interval(secs => ${SENDING.takeOverAfterMs / 1000}))`;
}

/** Gives a lease back, and the place in its line. Giving back what one does not hold changes nothing. */
export async function giveBackLease(ledger: Ledger, lease: LeaseName, run: number): Promise<void> {
  await withTransaction(ledger, async (connection) => {
    await connection.query(
      `update leases set holder = null, predecessor = null, ready_at = ${readyAfter('$3')}
        where kind = $1 and name = $2 and holder = $3`,
      [lease.kind, lease.name, run],
    );
    await leaveLine(connection, lease, run);
  });
}

async function lockLease(
  connection: Client,
  lease: LeaseName,
): Promise<{ holder: number | null; predecessor: number | null; waitMs: number }> {
  await connection.query('insert into leases (kind, name) values ($1, $2) on conflict do nothing', [
    lease.kind,
    lease.name,
  ]);
  const { rows } = await connection.query(
    `select holder, predecessor, (extract(epoch from ready_at - clock_timestamp()) * 1000)::float8 as "waitMs"
       from leases where kind = $1 and name = $2 for update`,
    [lease.kind, lease.name],
  );
  return rows[0];
}

async function standInLine(connection: Client, lease: LeaseName, run: number, backfill: boolean): Promise<void> {
  await connection.query(
    `insert into lease_line (kind, name, run, backfill) values ($1, $2, $3, $4)
     on conflict (kind, name, run) do update set seen_at = clock_timestamp()`,
    [lease.kind, lease.name, run, backfill],
  );
}

async function leaveLine(connection: Client, lease: LeaseName, run: number): Promise<void> {
  await connection.query('delete from lease_line where kind = $1 and name = $2 and run = $3', [
    lease.kind,
    lease.name,
    run,
  ]);
}

async function isFirst(connection: Client, lease: LeaseName, run: number): Promise<boolean> {
  const { rows } = await connection.query<{ run: number }>(
    `select run from lease_line
      where kind = $1 and name = $2 and seen_at > clock_timestamp() - make_interval(secs => $3)
      order by backfill, asked_at, run limit 1`,
    [lease.kind, lease.name, FRESH_MS / 1000],
  );
  return rows[0] === undefined || rows[0].run === run;
}

async function give(connection: Client, lease: LeaseName, run: number): Promise<void> {
  await connection.query(
    `update leases set holder = $3, predecessor = null, ready_at = clock_timestamp()
      where kind = $1 and name = $2`,
    [lease.kind, lease.name, run],
  );
  await leaveLine(connection, lease, run);
}

async function describe(connection: Client, run: number): Promise<Holder> {
  const { rows } = await connection.query(
    'select number as run, sync, namespace, workflow_id as "workflowId", first_run_id as "firstRunId" from runs where number = $1',
    [run],
  );
  return rows[0];
}

import { createHash } from 'node:crypto';
import type { Rejection, RejectionReason } from '../types/rejection';
import type { IsoTime } from '../types/values';
import type { Ledger } from './open';
import { query, type Binding, type Transaction } from './query';
import { ISO } from './sql';
import { isSuppressed } from './suppressed';

/** After this many refusals of one value only a new value, a changed mapping or a person causes another attempt. */
export const MAX_TRIES = 3;

/** A rejection to be recorded. `valueHash` distinguishes the same value from a new one without keeping it. */
export interface NewRejection extends Rejection {
  valueHash: string;
}

/** What a page needs to know of a rejection that is still open. */
export interface OpenRejection {
  attribute: string | null;
  valueHash: string;
  tries: number;
  run: number;
}

/** A rejection as the command `rejected` lists it. */
export interface RejectionRecord {
  run: number;
  customerId: string | null;
  attribute: string | null;
  reason: RejectionReason;
  message: string;
  at: IsoTime;
  open: boolean;
  tries: number;
}

/** 132 bits of the value's SHA-256, in base64url: enough to distinguish two values of one customer, and short to store. */
export function hashValue(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}

/** Open rejections of these customers. */
export async function openRejections(
  ledger: Ledger,
  targetId: number,
  customers: string[],
): Promise<Map<string, OpenRejection[]>> {
  const { rows } = await query<OpenRejection & { customer: string }>(
    ledger,
    `select customer, attribute, value_hash as "valueHash", tries, run from rejections
      where target_id = :targetId and open and customer = any(:customers::text[])`,
    { targetId, customers },
  );
  const found = new Map<string, OpenRejection[]>();
  for (const { customer, ...rejection } of rows) {
    const list = found.get(customer);
    if (list === undefined) found.set(customer, [rejection]);
    else list.push(rejection);
  }
  return found;
}

/** Whether any rejection of a target is open. Often none is, and then no customer has to be looked up. */
export async function hasOpenRejections(ledger: Ledger, targetId: number): Promise<boolean> {
  const { rows } = await query<{ any: boolean }>(
    ledger,
    'select exists (select from rejections where target_id = :targetId and open) as any',
    { targetId },
  );
  return rows[0]!.any;
}

/**
 * Records rejections; one that is already open counts another try, or starts again when the value is a new one. Nothing is
 * recorded for a customer who was forgotten while the page was processed.
 */
export async function recordRejections(
  transaction: Transaction,
  targetId: number,
  run: number,
  rejections: NewRejection[],
): Promise<void> {
  if (rejections.length === 0) return;
  // Two rejections of one thing on one page would make the upsert change a row twice; the later one wins.
  const distinct = new Map(
    rejections.map((rejection, index) => [
      rejection.customerId === null ? `${index}` : `=${rejection.customerId}\n${rejection.attribute ?? ''}`,
      rejection,
    ]),
  );
  const list = [...distinct.values()];
  await query(
    transaction,
    `insert into rejections as r (target_id, customer, attribute, reason, message, value_hash, run)
     select :targetId, n.*, :run::int
       from unnest(:customers::text[], :attributes::text[], :reasons::text[], :messages::text[], :valueHashes::text[])
              as n(customer, attribute, reason, message, value_hash)
      where not ${isSuppressed('n.customer')}
     on conflict (target_id, customer, coalesce(attribute, '')) where open do update
        set reason = excluded.reason, message = excluded.message, at = now(), run = excluded.run, value_hash = excluded.value_hash,
            tries = case when r.value_hash <> excluded.value_hash then 1
                         when r.run = excluded.run then r.tries
                         else r.tries + 1 end`,
    {
      targetId,
      run,
      customers: list.map((rejection) => rejection.customerId),
      attributes: list.map((rejection) => rejection.attribute),
      reasons: list.map((rejection) => rejection.reason),
      messages: list.map((rejection) => rejection.message),
      valueHashes: list.map((rejection) => rejection.valueHash),
    },
  );
}

/** Closes rejections that have become void: the value is gone, or is again the one Braze holds. */
export async function closeRejections(
  transaction: Transaction,
  targetId: number,
  settled: { customerId: string; attribute: string | null }[],
): Promise<void> {
  if (settled.length === 0) return;
  await query(
    transaction,
    `update rejections r set open = false
       from unnest(:customers::text[], :attributes::text[]) as s(customer, attribute)
      where r.target_id = :targetId and r.open and r.customer = s.customer and r.attribute is not distinct from s.attribute`,
    {
      targetId,
      customers: settled.map(({ customerId }) => customerId),
      attributes: settled.map(({ attribute }) => attribute),
    },
  );
}

/**
 * Closes rejections of attributes that have left the mapping, and those of targets the sync has left (another workspace or
 * identifier): nothing is sent for them, so nothing could ever be accepted.
 */
export async function closeRejectionsOutside(ledger: Ledger, targetId: number, attributes: string[]): Promise<void> {
  await query(
    ledger,
    `update rejections set open = false
      where target_id = :targetId and open and attribute <> all(:attributes::text[])`,
    { targetId, attributes },
  );
  await query(
    ledger,
    `update rejections set open = false
      where open and target_id = any(array(select left_one.id from targets now join targets left_one on left_one.sync = now.sync
                                            where now.id = :targetId and left_one.id <> now.id))`,
    { targetId },
  );
}

/** Rows without an id, or with an empty one, cannot be distinguished between runs: those of the latest run replace them. */
export async function closeUnnamedRejections(transaction: Transaction, targetId: number): Promise<void> {
  await query(
    transaction,
    `update rejections set open = false where target_id = :targetId and open and (customer is null or customer = '')`,
    { targetId },
  );
}

/** Open rejections of rows without a customer id. */
export async function countUnnamedRejections(ledger: Ledger, targetId: number): Promise<number> {
  const { rows } = await query<{ n: number }>(
    ledger,
    'select count(*)::int as n from rejections where target_id = :targetId and open and customer is null',
    { targetId },
  );
  return rows[0]!.n;
}

/** Which rejections of a sync: the open ones, or with `run` those of that run, open or closed. */
export interface RejectionFilter {
  run?: number;
  reason?: RejectionReason;
}

function matching(
  sync: string,
  { run, reason }: RejectionFilter,
): { where: string; bindings: Readonly<Record<string, Binding>> } {
  const byRun = run === undefined ? 'r.open' : 'r.run = :run';
  const byReason = reason === undefined ? '' : ' and r.reason = :reason';
  return {
    where: `t.sync = :sync and ${byRun}${byReason}`,
    bindings: { sync, run: run ?? null, reason: reason ?? null },
  };
}

/** Rejections of a sync, newest first. */
export async function listRejections(
  ledger: Ledger,
  sync: string,
  { limit, ...filter }: RejectionFilter & { limit: number },
): Promise<RejectionRecord[]> {
  const { where, bindings } = matching(sync, filter);
  const { rows } = await query<RejectionRecord>(
    ledger,
    `select r.run, r.customer as "customerId", r.attribute, r.reason, r.message,
            to_char(r.at, ${ISO}) as at, r.open, r.tries
       from rejections r join targets t on t.id = r.target_id
      where ${where}
      order by r.run desc, r.id limit :limit`,
    { ...bindings, limit },
  );
  return rows;
}

/** Rejections that are alike. */
export interface RejectionGroup {
  reason: RejectionReason;
  attribute: string | null;
  message: string;
  count: number;
}

/** Rejections of a sync, counted by reason, attribute and words; most frequent first. */
export async function groupRejections(
  ledger: Ledger,
  sync: string,
  filter: RejectionFilter,
): Promise<RejectionGroup[]> {
  const { where, bindings } = matching(sync, filter);
  const { rows } = await query<RejectionGroup>(
    ledger,
    `select r.reason, r.attribute, r.message, count(*)::int as count
       from rejections r join targets t on t.id = r.target_id
      where ${where} group by r.reason, r.attribute, r.message
      order by sum(count(*)) over (partition by r.reason) desc, r.reason, count(*) desc, r.attribute, r.message`,
    bindings,
  );
  return rows;
}

/** Open rejections of a sync, counted by reason, most frequent first. */
export async function countRejections(ledger: Ledger, sync: string): Promise<{ reason: string; count: number }[]> {
  const { rows } = await query<{ reason: string; count: number }>(
    ledger,
    `select r.reason, count(*)::int as count from rejections r join targets t on t.id = r.target_id
      where t.sync = :sync and r.open group by r.reason order by count(*) desc`,
    { sync },
  );
  return rows;
}

import { randomUUID } from 'node:crypto';
import type { RejectionReason } from '../types/rejection';
import { copyField, copyIn } from './copy';
import type { Ledger } from './open';
import { query, withTransaction } from './query';

/**
 * Stores the customers of a backfill, so that only the selection's id travels through Temporal. Repeated ids count once.
 * All or nothing.
 */
export async function storeSelection(
  ledger: Ledger,
  customers: AsyncIterable<string> | Iterable<string>,
): Promise<{ id: string; customers: number }> {
  const id = newSelectionId();
  const stored = await withTransaction(ledger, async (transaction) => {
    await query(transaction, 'create temp table chosen (customer text) on commit drop');
    let lines: string[] = [];
    const flush = async () => {
      if (lines.length > 0) await copyIn(transaction.connection, 'copy chosen from stdin', lines.join(''));
      lines = [];
    };
    for await (const customer of customers) {
      lines.push(`${copyField(customer)}\n`);
      if (lines.length >= 10_000) await flush();
    }
    await flush();
    const { rowCount } = await query(
      transaction,
      'insert into selections (id, customer) select distinct :id, customer from chosen',
      { id },
    );
    return rowCount;
  });
  return { id, customers: stored };
}

/** Reasons that name no single row of the source table: reading that customer again would not show whether they still apply. */
const NOT_BY_CUSTOMER: readonly RejectionReason[] = ['no-customer-id', 'duplicate-id'];

/**
 * Stores the customers of a target's open rejections, to try them again. `leftOut`: open rejections without a customer to read.
 */
export async function storeRejected(
  ledger: Ledger,
  targetId: number,
  { run, reason }: { run?: number; reason?: RejectionReason },
): Promise<{ id: string; customers: number; leftOut: number }> {
  const id = newSelectionId();
  const { rows } = await query<{ customers: number; leftOut: number }>(
    ledger,
    `with wanted as (
       select customer, (customer is null or reason = any(:notByCustomer::text[])) as left_out from rejections
        where target_id = :targetId and open and run = coalesce(:run::int, run) and reason = coalesce(:reason::text, reason)
     ), stored as (
       insert into selections (id, customer) select distinct :id::text, customer from wanted where not left_out returning 1
     )
     select (select count(*)::int from stored) as customers, (select count(*)::int from wanted where left_out) as "leftOut"`,
    { id, targetId, notByCustomer: NOT_BY_CUSTOMER, run: run ?? null, reason: reason ?? null },
  );
  return { id, ...rows[0]! };
}

function newSelectionId(): string {
  return `sel_${randomUUID().replaceAll('-', '').slice(0, 20)}`;
}

/** Whether a selection has any customer; retention deletes it after a while. */
export async function selectionExists(ledger: Ledger, id: string): Promise<boolean> {
  const { rows } = await query<{ any: boolean }>(
    ledger,
    'select exists (select from selections where id = :id) as any',
    { id },
  );
  return rows[0]!.any;
}

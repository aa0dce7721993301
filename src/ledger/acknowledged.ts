import type { ValueSet } from '../types/values';
import type { Ledger } from './open';
import { query, withConnection } from './query';

/** What Braze last accepted for each of these customers. Customers never acknowledged are absent. */
export async function acknowledgedValues(
  ledger: Ledger,
  targetId: number,
  customers: string[],
): Promise<Map<string, ValueSet>> {
  // Called for every page of an extraction: rows as arrays cost less than objects.
  const rows = await withConnection(ledger, async (connection) => {
    const answer = await connection.query<[string, string]>({
      text: 'select customer, values from acknowledged where target_id = $1 and customer = any($2::text[])',
      values: [targetId, customers],
      rowMode: 'array',
    });
    return answer.rows;
  });
  return new Map(rows.map(([customer, values]) => [customer, JSON.parse(values) as ValueSet]));
}

/** How many customers of a target have acknowledged values. */
export async function countAcknowledged(ledger: Ledger, targetId: number): Promise<number> {
  const { rows } = await query<{ n: number }>(
    ledger,
    'select count(*)::int as n from acknowledged where target_id = :targetId',
    { targetId },
  );
  return rows[0]!.n;
}

/** Attributes with a value that may have reached Braze without a receipt, by customer. */
export async function uncertainAttributes(
  ledger: Ledger,
  targetId: number,
  customers: string[],
): Promise<Map<string, Set<string>>> {
  const { rows } = await query<{ customer: string; attributes: string[] }>(
    ledger,
    'select customer, attributes from uncertain where target_id = :targetId and customer = any(:customers::text[])',
    { targetId, customers },
  );
  return new Map(rows.map(({ customer, attributes }) => [customer, new Set(attributes)]));
}

/** Whether anything of this target is uncertain. Usually nothing is, and then no customer has to be looked up. */
export async function hasUncertain(ledger: Ledger, targetId: number): Promise<boolean> {
  const { rows } = await query<{ any: boolean }>(
    ledger,
    'select exists (select from uncertain where target_id = :targetId) as any',
    { targetId },
  );
  return rows[0]!.any;
}

import type { ValueSet } from '../types/values';
import type { Ledger } from './open';
import { withConnection } from './open';

/** What Braze last accepted of each of these customers. Customers never acknowledged are absent. */
export async function acknowledgedValues(
  ledger: Ledger,
  targetId: number,
  customers: string[],
): Promise<Map<string, ValueSet>> {
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

export async function countAcknowledged(ledger: Ledger, targetId: number): Promise<number> {
  const { rows } = await ledger.raw('select count(*)::int as n from acknowledged where target_id = ?', [targetId]);
  return rows[0].n;
}

/** Attributes of which a value may have reached Braze without a receipt, by customer. */
export async function uncertainAttributes(
  ledger: Ledger,
  targetId: number,
  customers: string[],
): Promise<Map<string, Set<string>>> {
  const { rows } = await ledger.raw(
    'select customer, attributes from uncertain where target_id = ? and customer = any(?::text[])',
    [targetId, customers],
  );
  return new Map(
    rows.map((row: { customer: string; attributes: string[] }) => [row.customer, new Set(row.attributes)]),
  );
}

/** Whether anything of this target is uncertain: it hardly ever is, and then nobody need look customer by customer. */
export async function hasUncertain(ledger: Ledger, targetId: number): Promise<boolean> {
  const { rows } = await ledger.raw('select exists (select from uncertain where target_id = ?) as any', [targetId]);
  return rows[0].any;
}

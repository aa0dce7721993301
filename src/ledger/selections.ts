import { randomUUID } from 'node:crypto';
import { copyField, copyIn } from './copy';
import type { Ledger } from './open';
import { withTransaction } from './open';

/**
 * Stores the customers of a backfill, so that only the selection's id travels through Temporal. Repeated ids count once.
 * All or nothing.
 */
export async function storeSelection(
  ledger: Ledger,
  customers: AsyncIterable<string> | Iterable<string>,
): Promise<{ id: string; customers: number }> {
  const id = `sel_${randomUUID().replaceAll('-', '').slice(0, 20)}`;
  const stored = await withTransaction(ledger, async (connection) => {
    await connection.query('create temp table chosen (customer text) on commit drop');
    let lines: string[] = [];
    const flush = async () => {
      if (lines.length > 0) await copyIn(connection, 'copy chosen from stdin', lines.join(''));
      lines = [];
    };
    for await (const customer of customers) {
      lines.push(`${copyField(customer)}\n`);
      if (lines.length >= 10_000) await flush();
    }
    await flush();
    const { rowCount } = await connection.query(
      'insert into selections (id, customer) select distinct $1, customer from chosen',
      [id],
    );
    return rowCount ?? 0;
  });
  return { id, customers: stored };
}

export async function selectionExists(ledger: Ledger, id: string): Promise<boolean> {
  const { rows } = await ledger.raw('select exists (select from selections where id = ?) as any', [id]);
  return rows[0].any;
}

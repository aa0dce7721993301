import { columnType } from '../attributes/columnType';
import { modelRunRelation, type TenantStore } from '../tenant/store';
import type { ModelRunRule } from '../types/settings';

/**
 * Why `completed_at` cannot order two model runs, as a sentence with what to do; null where it can.
 *
 * @throws TenantProblem when the tenant cannot be read
 */
export async function findModelRunProblem(
  tenant: TenantStore,
  rule: ModelRunRule & { kind: 'table' | 'query' },
): Promise<string | null> {
  const columns = await tenant.columns(modelRunRelation(rule));
  const completedAt = columns.find(({ name }) => name === 'completed_at');
  if (completedAt === undefined) return null;
  const { databaseType } = completedAt;
  // A date cannot order two model runs of one day.
  if (columnType(databaseType) === 'date' && databaseType !== 'date') return null;
  return `completed_at is of type ${databaseType}, which contains no time. Use a query that returns it as a timestamptz.`;
}
